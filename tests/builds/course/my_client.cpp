// The program of a course, which links a part of common/.
#include "net/address.hpp"

#include <iostream>

int main() {
  std::cout << poetry::HostPort{"localhost", 10000}.toString() << '\n';
}
