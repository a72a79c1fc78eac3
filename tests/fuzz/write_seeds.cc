// write_fuzz_seeds FOLDER: FOLDER/<target>/seed-<n> for every target; prints each target with its longest input.

#include <cstdio>
#include <string>

#include "common/base/file.h"
#include "tests/fuzz/target.h"

int main(int argc, char** argv) {
  using namespace evensweep;
  if (argc != 2) {
    std::fprintf(stderr, "usage: write_fuzz_seeds FOLDER\n");
    return 2;
  }
  for (const fuzz::Target& target : fuzz::targets()) {
    const std::string folder = std::string(argv[1]) + "/" + target.name;
    Status status = make_folders(folder);
    size_t number = 0;
    for (const std::string& seed : target.seeds())
      if (status.ok()) status = write_file_atomically(folder + "/seed-" + std::to_string(number++), seed);
    if (!status.ok()) {
      std::fprintf(stderr, "write_fuzz_seeds: %s\n", std::string(status.message()).c_str());
      return 1;
    }
    std::printf("%s %zu\n", target.name, target.most);
  }
}
