#include "staa/options/names.h"

namespace staa {

const NameTable<NeuronKind>& names_of(NeuronKind) {
  static const NameTable<NeuronKind> table{{NeuronKind::kLif, "lif"},
                                           {NeuronKind::kAdaptiveLif, "adaptive_lif"},
                                           {NeuronKind::kStaaLif, "staa_lif"}};
  return table;
}

const NameTable<Surrogate>& names_of(Surrogate) {
  static const NameTable<Surrogate> table{{Surrogate::kRectangle, "rectangle"},
                                          {Surrogate::kTriangle, "triangle"},
                                          {Surrogate::kSigmoid, "sigmoid"},
                                          {Surrogate::kArctan, "arctan"},
                                          {Surrogate::kFastSigmoid, "fast_sigmoid"}};
  return table;
}

const NameTable<PePlacement>& names_of(PePlacement) {
  static const NameTable<PePlacement> table{{PePlacement::kTemporal, "temporal"},
                                            {PePlacement::kSpatial, "spatial"},
                                            {PePlacement::kBoth, "both"},
                                            {PePlacement::kPost, "post"}};
  return table;
}

const NameTable<PeKind>& names_of(PeKind) {
  static const NameTable<PeKind> table{{PeKind::kLearned, "learned"},
                                       {PeKind::kSinusoidal, "sinusoidal"}};
  return table;
}

const NameTable<SaGain>& names_of(SaGain) {
  static const NameTable<SaGain> table{{SaGain::kInside, "inside"}, {SaGain::kOutside, "outside"}};
  return table;
}

const NameTable<Activation>& names_of(Activation) {
  static const NameTable<Activation> table{{Activation::kSpike, "spike"},
                                           {Activation::kRelu, "relu"}};
  return table;
}

const NameTable<TsrdFallback>& names_of(TsrdFallback) {
  static const NameTable<TsrdFallback> table{{TsrdFallback::kSum, "sum"},
                                             {TsrdFallback::kLif, "lif"}};
  return table;
}

const NameTable<Start>& names_of(Start) {
  static const NameTable<Start> table{{Start::kNormal, "normal"}, {Start::kIdentity, "identity"}};
  return table;
}

const NameTable<CurrentShortcut>& names_of(CurrentShortcut) {
  static const NameTable<CurrentShortcut> table{{CurrentShortcut::kNone, "none"},
                                                {CurrentShortcut::kCurrent, "current"}};
  return table;
}

const NameTable<Pooling>& names_of(Pooling) {
  static const NameTable<Pooling> table{{Pooling::kAverage, "average"}, {Pooling::kMax, "max"}};
  return table;
}

const NameTable<Precision>& names_of(Precision) {
  static const NameTable<Precision> table{{Precision::kAuto, "auto"},
                                          {Precision::kFp32, "fp32"},
                                          {Precision::kBf16, "bf16"},
                                          {Precision::kFp16, "fp16"}};
  return table;
}

const NameTable<MemoryUse>& names_of(MemoryUse) {
  static const NameTable<MemoryUse> table{{MemoryUse::kNormal, "normal"}, {MemoryUse::kLow, "low"}};
  return table;
}

const NameTable<Operators>& names_of(Operators) {
  static const NameTable<Operators> table{{Operators::kFused, "fused"},
                                          {Operators::kReference, "reference"}};
  return table;
}

}  // namespace staa
