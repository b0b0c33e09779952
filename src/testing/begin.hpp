#pragma once

#include <redial/testing/fault_server.hpp>
#include <redial/testing/test_certificates.hpp>

#include "testing/acceptor.hpp"
#include "testing/channel.hpp"

namespace redial {
inline namespace v0 {
namespace testing {

/// What happens to a connection before its first request. True: requests are served. Else all is
/// said and done, but for how it ends.
bool begins(Channel& channel, FaultServer::OnAccept what, Acceptor::Ends& ends);

/// What a server of that kind shows in its handshakes.
TestCertificate certificate_of(const TestAuthority& authority, FaultServer::Tls kind);

}  // namespace testing
}  // namespace v0
}  // namespace redial
