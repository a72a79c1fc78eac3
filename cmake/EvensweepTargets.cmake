# One place for compiler settings, and one function for each kind of target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported()
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# The heavy arithmetic is libtorch's; -O3, CMake's default, would only make the build slower.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
find_program(EVENSWEEP_CCACHE ccache)
if(EVENSWEEP_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${EVENSWEEP_CCACHE})
endif()

add_library(evensweep_flags INTERFACE)
target_compile_options(evensweep_flags INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wimplicit-fallthrough -Wno-missing-field-initializers
                       $<$<BOOL:${EVENSWEEP_WERROR}>:-Werror>)
# When it optimises, g++ 12 warns of uninitialised values in std::optional and of overlaps in std::string's operator+ that
# are not there (GCC bugs 80635 and 105651).
target_compile_options(evensweep_flags INTERFACE
  "$<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>:-Wno-maybe-uninitialized;-Wno-restrict>")
target_include_directories(evensweep_flags INTERFACE ${PROJECT_SOURCE_DIR})
# Everything is bound at the start and read-only from then on; tests/deploy/supply_test.py looks at the programs for it.
target_link_options(evensweep_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
if(EVENSWEEP_SANITIZE)
  target_compile_options(evensweep_flags INTERFACE -fsanitize=${EVENSWEEP_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(evensweep_flags INTERFACE -fsanitize=${EVENSWEEP_SANITIZE})
  # Lines are all that a report shows. The checks left out are a quarter of the time to compile: AddressSanitizer finds
  # null pointers by itself, and the other two watch what this code does not do.
  target_compile_options(evensweep_flags INTERFACE -g1)
  if(EVENSWEEP_SANITIZE MATCHES "undefined")
    target_compile_options(evensweep_flags INTERFACE -fno-sanitize=null,alignment,vptr)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
      # What clang 14 puts before a function for this check it cannot put before a coroutine.
      target_compile_options(evensweep_flags INTERFACE -fno-sanitize=function)
    endif()
  endif()
  if(EVENSWEEP_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # ThreadSanitizer does not see Asio's memory fences, of which g++ warns. Asio's queues are guarded by mutexes too.
    target_compile_options(evensweep_flags INTERFACE -Wno-tsan)
  endif()
endif()

# A file that includes libtorch's headers takes a compiler up to 2.5 GB: only as many of them at a time as memory holds.
cmake_host_system_information(RESULT ev_memory_mb QUERY TOTAL_PHYSICAL_MEMORY)
math(EXPR ev_torch_jobs "${ev_memory_mb} / 2560")
if(ev_torch_jobs LESS 1)
  set(ev_torch_jobs 1)
endif()
set_property(GLOBAL APPEND PROPERTY JOB_POOLS torch=${ev_torch_jobs})

function(ev_limit_torch_jobs target)
  if("${ARGN}" MATCHES "libtorch|agent_trainer|ev::trainer")
    set_target_properties(${target} PROPERTIES JOB_POOL_COMPILE torch)
  endif()
endfunction()

# evensweep_library(common_base SRCS a.cc b.cc DEPS ev::x fmt::fmt): the static library of one module, alias ev::common_base.
function(evensweep_library name)
  cmake_parse_arguments(arg "" "" "SRCS;DEPS" ${ARGN})
  add_library(ev_${name} STATIC ${arg_SRCS})
  target_link_libraries(ev_${name} PUBLIC evensweep_flags ${arg_DEPS})
  add_library(ev::${name} ALIAS ev_${name})
  ev_limit_torch_jobs(ev_${name} ${arg_DEPS})
endfunction()

# evensweep_program(evensweep SRCS main.cc DEPS ev::cli): an executable in build/bin.
function(evensweep_program name)
  cmake_parse_arguments(arg "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${arg_SRCS})
  target_link_libraries(${name} PRIVATE evensweep_flags ${arg_DEPS})
  ev_limit_torch_jobs(${name} ${arg_DEPS})
endfunction()

# evensweep_test(stats_test SRCS ... DEPS ... LABELS fast [TIMEOUT s]): a GoogleTest program and its ctest entry.
# Labels: fast (all of them together under a minute) or slow; torch where libtorch is needed.
function(evensweep_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SRCS;DEPS;LABELS" ${ARGN})
  if(NOT arg_LABELS)
    set(arg_LABELS fast)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(${name} ${arg_SRCS})
  # Tests spend their time in the libraries they test and are compiled more often than they are run.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  target_link_libraries(${name} PRIVATE evensweep_flags ${arg_DEPS} ev_test_places GTest::gmock GTest::gtest_main)
  ev_limit_torch_jobs(${name} ${arg_DEPS})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT}
                       ENVIRONMENT TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp)
endfunction()
