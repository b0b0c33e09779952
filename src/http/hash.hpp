#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <redial/config.hpp>

struct evp_md_ctx_st;

namespace redial {
inline namespace v0 {
namespace detail {

/// A cryptographic hash of bytes that come in pieces, by OpenSSL's names: "SHA256", "SHA512",
/// "SHA512-256", "MD5".
///
/// Errors: std::runtime_error when this OpenSSL has no such hash (MD5 where FIPS rules); `known`
/// asks before.
class REDIAL_EXPORT Hash {
 public:
  explicit Hash(const char* name);
  static bool known(const char* name);

  void update(std::string_view bytes);
  /// Raw bytes. Once; nothing follows.
  std::string finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// Lower-case hexadecimal digits.
REDIAL_EXPORT std::string hex(std::string_view bytes);

}  // namespace detail
}  // namespace v0
}  // namespace redial
