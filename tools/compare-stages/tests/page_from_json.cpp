// For the tests in a browser: makes the page of a comparison that never ran.
//     page-from-json COMPARISON.json PAGE.html [verdicts.html]
#include "cli/output.hpp"
#include "html.hpp"

#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "page-from-json: COMPARISON.json PAGE.html\n";
    return 2;
  }
  try {
    std::ifstream file(argv[1], std::ios::binary);
    poetry::saveFile(argv[2], poetry::makePage({std::istreambuf_iterator<char>(file), {}},
                                               argc > 3 ? argv[3] : "page.html"));
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "page-from-json: " << error.what() << '\n';
    return 1;
  }
}
