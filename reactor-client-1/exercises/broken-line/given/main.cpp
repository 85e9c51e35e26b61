// Runs one of the three clients. The first word of the command line says which: 1, 2 or 3. The other words
// are those of every client. Nothing is wrong here.

#include "cli/output.hpp"
#include "get_poetry.hpp"

#include <string_view>

int main(int argc, char** argv) {
  const std::string_view client = argc > 1 ? argv[1] : "";
  if (client == "1") {
    return poetry::runClient(argc - 1, argv + 1, poetry::kProgram, poetry::getPoetry1);
  }
  if (client == "2") {
    return poetry::runClient(argc - 1, argv + 1, poetry::kProgram, poetry::getPoetry2);
  }
  if (client == "3") {
    return poetry::runClient(argc - 1, argv + 1, poetry::kProgram, poetry::getPoetry3);
  }
  poetry::printError(poetry::kProgram.name, "the first word must be 1, 2 or 3");
  return 2;
}
