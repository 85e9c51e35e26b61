// What every client promises, whichever lesson it belongs to: one set of tests for all of them.
//
// A lesson describes its program and instantiates the suites that apply to it:
//
//     const ClientUnderTest kClient{.program = POETRY_BIN_DIR "/async-client", ...};
//     INSTANTIATE_TEST_SUITE_P(AsyncClient, EveryClient, ::testing::Values(kClient), nameOf);
//
// The suites register themselves in each test program that uses nameOf.
#pragma once

#include "support/client_test.hpp"

#include <gtest/gtest.h>

#include <string>

namespace poetry::testing {

/// The name of an instance: "async_client".
std::string nameOf(const ::testing::TestParamInfo<ClientUnderTest>& info);

/// A ClientTest whose client comes from INSTANTIATE_TEST_SUITE_P.
class ClientSuite : public ClientTest, public ::testing::WithParamInterface<ClientUnderTest> {
 protected:
  [[nodiscard]] const ClientUnderTest& client() const override { return GetParam(); }
};

/// For all clients.
class EveryClient : public ClientSuite {};
/// For clients that download all poems at the same time and report each chunk as it comes.
class AsynchronousClient : public ClientSuite {};
/// For clients that end at the first server that does not answer.
class ImpatientClient : public ClientSuite {};
/// For clients on the reactor.
class ReactorClient : public ClientSuite {};
/// For clients that print the report when Ctrl-C interrupts them.
class ClientThatReportsWhenInterrupted : public ClientSuite {};

}  // namespace poetry::testing
