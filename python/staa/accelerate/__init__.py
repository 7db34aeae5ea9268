def accelerate(model): return model
def restore(model): return model
