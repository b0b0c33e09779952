#include "http/hash.hpp"

#include <new>
#include <stdexcept>

#include <openssl/err.h>
#include <openssl/evp.h>

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

struct FreeAlgorithm {
  void operator()(EVP_MD* algorithm) const noexcept { EVP_MD_free(algorithm); }
};
using Algorithm = std::unique_ptr<EVP_MD, FreeAlgorithm>;

Algorithm find(const char* name) {
  Algorithm found(EVP_MD_fetch(nullptr, name, nullptr));
  if (found == nullptr) ERR_clear_error();
  return found;
}

}  // namespace

void Hash::Free::operator()(evp_md_ctx_st* context) const noexcept {
  EVP_MD_CTX_free(context);
}

Hash::Hash(const char* name) : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr) throw std::bad_alloc();
  const Algorithm algorithm = find(name);  // the context keeps it
  if (algorithm == nullptr || EVP_DigestInit_ex2(context_.get(), algorithm.get(), nullptr) != 1)
    throw std::runtime_error(std::string("OpenSSL has no ") + name + " here");
}

bool Hash::known(const char* name) {
  return find(name) != nullptr;
}

void Hash::update(std::string_view bytes) {
  if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1) throw std::bad_alloc();
}

std::string Hash::finish() {
  std::string bytes(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(bytes.data()), &size) !=
      1)
    throw std::bad_alloc();
  bytes.resize(size);
  return bytes;
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view k_digits{"0123456789abcdef"};
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto value = static_cast<unsigned char>(c);
    text += k_digits[value >> 4];
    text += k_digits[value & 15U];
  }
  return text;
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
