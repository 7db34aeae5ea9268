#pragma once

#include <filesystem>
#include <string>

#include "staa/util/error.h"

namespace staa::data {

// How to get each data set, for the message about a missing one.

constexpr const char* kHowToGetCifar =
    "download the binary version from https://www.cs.toronto.edu/~kriz/cifar.html and unpack it "
    "there, or make one from a folder of images with `staa data convert`";
constexpr const char* kHowToGetMnist =
    "download the four idx files from http://yann.lecun.com/exdb/mnist/ or one of its mirrors";
constexpr const char* kHowToGetFashionMnist =
    "install the Debian package dataset-fashion-mnist, or download the four files from "
    "https://github.com/zalandoresearch/fashion-mnist";
constexpr const char* kHowToGetImageNet =
    "download ILSVRC2012 from https://www.image-net.org and arrange it as train/SYNSET/*.JPEG and "
    "val/SYNSET/*.JPEG, or val/*.JPEG with LOC_val_solution.csv, in that folder";
constexpr const char* kHowToArrangeImages =
    "arrange images as train/CLASS/NAME.jpg and test/CLASS/NAME.jpg in that folder (val/ in place "
    "of test/, .JPEG and .png will do)";
constexpr const char* kHowToGetCifar10Dvs =
    "download the ten zip files from https://figshare.com/articles/dataset/CIFAR10-DVS_New/4724671 "
    "and unpack them there: airplane/*.aedat ... truck/*.aedat";
constexpr const char* kHowToGetDvs128Gesture =
    "download DvsGesture.tar.gz from https://research.ibm.com/interactive/dvsgesture/ and unpack "
    "it: the folder DvsGesture holds what is needed";
constexpr const char* kHowToGetNMnist =
    "download Train.zip and Test.zip from https://www.garrickorchard.com/datasets/n-mnist and "
    "unpack them there";
constexpr const char* kHowToGetNCaltech101 =
    "download Caltech101.zip from https://www.garrickorchard.com/datasets/n-caltech101 and unpack "
    "it there";
constexpr const char* kHowToGetNCars =
    "download Prophesee_Dataset_n_cars.zip from https://www.prophesee.ai/2018/03/13/dataset-n-cars "
    "and unpack it there: n-cars_train/cars/*.dat and so on";
constexpr const char* kHowToGetDvsLip =
    "get DVS-Lip from https://sites.google.com/view/event-based-lipreading and unpack it there: "
    "train/WORD/*.npy and test/WORD/*.npy";
constexpr const char* kHowToArrangeEvents =
    "make one with `staa data simulate`, or arrange recordings of any format as train/CLASS/* and "
    "test/CLASS/* and write staa.events.txt with the lines "
    "\"format 1\", \"name NAME\", \"width N\" and \"height N\"";

/// Throws Error(kIo) about a missing data set: what was looked for, where, and how to get it.
[[noreturn]] inline void fail_missing(const std::filesystem::path& where,
                                      const std::string& looked_for, const std::string& how) {
  fail(ErrorKind::kIo, "{}: data set not found: looked for {}\nhow to get it: {}", where.string(),
       looked_for, how);
}

}  // namespace staa::data
