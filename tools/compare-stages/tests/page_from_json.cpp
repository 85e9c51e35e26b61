// For the tests in a browser: makes a page of any comparison, also of one that nobody ever ran.
//     page-from-json COMPARISON.json PAGE.html
#include "html.hpp"

#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "page-from-json: COMPARISON.json PAGE.html\n";
    return 2;
  }
  try {
    std::ifstream file(argv[1]);
    poetry::saveHtml(argv[2], nlohmann::json::parse(file));
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "page-from-json: " << error.what() << '\n';
    return 1;
  }
}
