#pragma once
// Everything of libtorch that the trainer uses, as one precompiled header. ATen's autograd is enough: torch/torch.h
// would double the time that each file takes to compile.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
