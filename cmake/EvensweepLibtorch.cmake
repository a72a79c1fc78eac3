# The imported target `libtorch`: libtorch_cpu.so and libc10.so, nothing of CUDA (the trainer loads that at run time).
# find_package(Torch) is not used: on a CUDA wheel it demands a CUDA toolkit even for a program that needs none.
set(evensweep_cache "$ENV{XDG_CACHE_HOME}")
if(NOT evensweep_cache)
  set(evensweep_cache "$ENV{HOME}/.cache")
endif()
if(EVENSWEEP_LIBTORCH)
  set(evensweep_libtorch_places ${EVENSWEEP_LIBTORCH}/torch ${EVENSWEEP_LIBTORCH})
else()
  set(evensweep_libtorch_places ${evensweep_cache}/evensweep/libtorch-2.11.0/torch)
endif()

# Not find_library: it would quietly fall back to an older libtorch of the system.
unset(evensweep_libtorch)
foreach(place IN LISTS evensweep_libtorch_places)
  if(NOT DEFINED evensweep_libtorch AND EXISTS ${place}/lib/libtorch_cpu.so AND EXISTS ${place}/include/ATen/ATen.h)
    get_filename_component(evensweep_libtorch ${place} ABSOLUTE)
  endif()
endforeach()
if(NOT DEFINED evensweep_libtorch)
  list(JOIN evensweep_libtorch_places ", " evensweep_libtorch_places)
  message(FATAL_ERROR "libtorch is not at ${evensweep_libtorch_places}. Run deploy/libtorch to fetch it, name another "
                      "libtorch >= 2.11 with -DEVENSWEEP_LIBTORCH=DIR, or leave the trainer out with "
                      "-DEVENSWEEP_TRAINER=OFF.")
endif()

set(evensweep_version_header ${evensweep_libtorch}/include/torch/headeronly/version.h)
if(EXISTS ${evensweep_version_header})
  file(STRINGS ${evensweep_version_header} evensweep_version_lines REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
  string(REGEX REPLACE "[^0-9;]" "" evensweep_version_lines "${evensweep_version_lines}")
  list(JOIN evensweep_version_lines "." EVENSWEEP_LIBTORCH_VERSION)
endif()
if(NOT EVENSWEEP_LIBTORCH_VERSION OR EVENSWEEP_LIBTORCH_VERSION VERSION_LESS 2.11)
  message(FATAL_ERROR "${evensweep_libtorch} holds libtorch \"${EVENSWEEP_LIBTORCH_VERSION}\"; version 2.11 or later is "
                      "needed. Run deploy/libtorch, or name another with -DEVENSWEEP_LIBTORCH=DIR.")
endif()
message(STATUS "Found libtorch ${EVENSWEEP_LIBTORCH_VERSION}: ${evensweep_libtorch}")

add_library(libtorch INTERFACE IMPORTED GLOBAL)
# The include folder carries other versions of fmt and protobuf: -idirafter lets the system's come first.
target_compile_options(libtorch INTERFACE
  "SHELL:-idirafter ${evensweep_libtorch}/include" "SHELL:-idirafter ${evensweep_libtorch}/include/torch/csrc/api/include")
# The libraries that libtorch_cpu.so itself needs (a CUDA runtime, in the wheel) are found through its own RPATH.
target_link_libraries(libtorch INTERFACE ${evensweep_libtorch}/lib/libtorch_cpu.so ${evensweep_libtorch}/lib/libc10.so)
target_link_options(libtorch INTERFACE -Wl,--allow-shlib-undefined)
# Without OpenMP in the code that includes it, at::parallel_for is a plain loop. The runtime is libtorch's own libgomp.
target_compile_options(libtorch INTERFACE -fopenmp)
target_link_options(libtorch INTERFACE -fopenmp)
