#include <redial/testing/test_certificates.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Memory = std::unique_ptr<BIO, Deleter<BIO_free_all>>;

template <class T>
T checked(T value) {
  if (!value) throw std::runtime_error("OpenSSL could not make a test certificate");
  return value;
}

std::string content(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::string pem(X509* certificate) {
  const Memory bio = checked(Memory(BIO_new(BIO_s_mem())));
  PEM_write_bio_X509(bio.get(), certificate);
  return content(bio.get());
}

std::string pem(EVP_PKEY* key) {
  const Memory bio = checked(Memory(BIO_new(BIO_s_mem())));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return content(bio.get());
}

Memory reader(const std::string& text) {
  return checked(Memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))));
}

void extend(X509* certificate, int kind, const std::string& value) {
  X509_EXTENSION* const extension =
      checked(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

struct Wish {
  std::string common_name;
  std::string names;  // subjectAltName; empty: none
  bool is_authority = false;
  long from_days = -1;
  long to_days = 30;
};

Certificate make(const Wish& wish, EVP_PKEY* key, X509_NAME* issuer, EVP_PKEY* signer) {
  Certificate certificate = checked(Certificate(X509_new()));
  X509* const raw = certificate.get();
  X509_set_version(raw, 2);
  unsigned char serial[8];
  RAND_bytes(serial, sizeof serial);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(raw),
                          *reinterpret_cast<std::uint64_t*>(serial) >> 1);
  X509_gmtime_adj(X509_getm_notBefore(raw), wish.from_days * 24 * 3600);
  X509_gmtime_adj(X509_getm_notAfter(raw), wish.to_days * 24 * 3600);
  X509_set_pubkey(raw, key);
  X509_NAME* const subject = X509_get_subject_name(raw);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(wish.common_name.c_str()), -1,
                             -1, 0);
  X509_set_issuer_name(raw, issuer == nullptr ? subject : issuer);
  if (!wish.names.empty()) extend(raw, NID_subject_alt_name, wish.names);
  extend(raw, NID_basic_constraints, wish.is_authority ? "critical,CA:TRUE" : "CA:FALSE");
  checked(X509_sign(raw, signer, EVP_sha256()));
  return certificate;
}

constexpr const char* k_names = "DNS:localhost,IP:127.0.0.1";

}  // namespace

TestAuthority::TestAuthority() {
  static std::atomic<int> made{0};  // names differ, so that one bundle can hold several
  const std::string name = "redial test authority " + std::to_string(++made);
  const Key key = checked(Key(EVP_EC_gen("P-256")));
  const Certificate certificate =
      make({.common_name = name, .names = {}, .is_authority = true}, key.get(), nullptr, key.get());
  authority_ = {.certificate = pem(certificate.get()), .key = pem(key.get())};
}

TestAuthority::~TestAuthority() = default;

TestAuthority::TestAuthority(TestCertificate authority) : authority_(std::move(authority)) {}

TestCertificate TestAuthority::issue(const std::string& names, long from_days, long to_days,
                                     bool is_authority) const {
  const Key key = checked(Key(EVP_EC_gen("P-256")));
  const Memory key_text = reader(authority_.key);
  const Memory certificate_text = reader(authority_.certificate);
  const Key signer =
      checked(Key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr)));
  const Certificate issuer =
      checked(Certificate(PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr)));
  const Certificate certificate =
      make({.common_name = is_authority ? "redial test intermediate" : "redial test",
            .names = names,
            .is_authority = is_authority,
            .from_days = from_days,
            .to_days = to_days},
           key.get(), X509_get_subject_name(issuer.get()), signer.get());
  return {.certificate = pem(certificate.get()), .key = pem(key.get())};
}

TestCertificate TestAuthority::good() const {
  return issue(k_names, -1, 30);
}
TestCertificate TestAuthority::expired() const {
  return issue(k_names, -60, -30);
}
TestCertificate TestAuthority::wrong_host() const {
  return issue("DNS:elsewhere.test", -1, 30);
}

TestCertificate TestAuthority::wrong_chain() const {
  const TestAuthority intermediate(issue({}, -1, 30, true));
  return intermediate.good();
}

TestCertificate TestAuthority::self_signed() const {
  const Key key = checked(Key(EVP_EC_gen("P-256")));
  const Certificate certificate =
      make({.common_name = "redial test", .names = k_names}, key.get(), nullptr, key.get());
  return {.certificate = pem(certificate.get()), .key = pem(key.get())};
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
