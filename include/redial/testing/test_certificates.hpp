#pragma once

#include <string>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// A certificate and its key, PEM.
struct TestCertificate {
  std::string certificate;
  std::string key;
};

/// A certificate authority made on the spot, and what it signs. For tests: keys are P-256 and live
/// as long as this.
class REDIAL_EXPORT TestAuthority {
 public:
  TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;
  ~TestAuthority();

  const std::string& certificate() const { return authority_.certificate; }
  /// For `name` (localhost) and 127.0.0.1, valid now.
  TestCertificate good() const;
  TestCertificate expired() const;
  /// For another host.
  TestCertificate wrong_host() const;
  /// Good, but signed by an intermediate authority that a client is not told of.
  TestCertificate wrong_chain() const;
  /// Signed by its own key.
  TestCertificate self_signed() const;

 private:
  TestCertificate issue(const std::string& names, long from_days, long to_days,
                        bool is_authority = false) const;
  explicit TestAuthority(TestCertificate authority);
  TestCertificate authority_;
};

}  // namespace testing
}  // namespace v0
}  // namespace redial
