// Servers that ask for a client certificate, in both versions of TLS.

#include <cstdio>
#include <memory>
#include <stdexcept>

#include <gtest/gtest.h>
#include <openssl/pem.h>

#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Reply;

struct Demanding {
  explicit Demanding(int version)
      : server({.tls = FaultServer::Tls::good,
                .max_tls_version = version,
                .demands_client_certificate = true}) {
    server.on("", Reply{.body = "welcome"});
  }
  Session session(TlsOptions tls) const {
    tls.ca_file = server.ca_file();
    Session made;
    made.mount("https://", {.max_retries = {.total = 3, .backoff_factor = 1ms}, .tls = tls});
    return made;
  }
  FaultServer server;
};

TEST(ClientCertificate, IsShownToAServerThatAsks) {
  for (const int version : {12, 13}) {
    const Demanding demanding(version);
    Session session = demanding.session({.cert_file = demanding.server.client_certificate_file()});
    EXPECT_EQ(session.get(demanding.server.url()).body(), "welcome") << version;
  }
}

TEST(ClientCertificate, ItsKeyMayLieInAFileOfItsOwn) {
  const Demanding demanding(13);
  const std::string file = demanding.server.client_certificate_file();
  Session session = demanding.session({.cert_file = file, .key_file = file});
  EXPECT_EQ(session.get(demanding.server.url()).body(), "welcome");
}

// OpenSSL by itself would ask on the terminal.
TEST(ClientCertificate, AnEncryptedKeyIsRefusedAndNobodyIsAsked) {
  const Demanding demanding(13);
  const std::string plain = demanding.server.client_certificate_file();
  const std::string file = ::testing::TempDir() + "redial-encrypted.pem";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(plain.c_str(), "re"),
                                                           std::fclose);
  ASSERT_NE(in, nullptr);
  EVP_PKEY* const key = PEM_read_PrivateKey(in.get(), nullptr, nullptr, nullptr);
  ASSERT_NE(key, nullptr);
  std::FILE* const out = std::fopen(file.c_str(), "we");
  ASSERT_NE(out, nullptr);
  char password[] = "hidden-word";
  EXPECT_EQ(PEM_write_PrivateKey(out, key, EVP_aes_128_cbc(), nullptr, 0, nullptr, password), 1);
  std::fclose(out);
  EVP_PKEY_free(key);
  try {
    (void)demanding.session({.cert_file = plain, .key_file = file});
    ADD_FAILURE();
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string(error.what()).find("key is encrypted"), std::string::npos)
        << error.what();
  }
  std::remove(file.c_str());
}

TEST(ClientCertificate, InTls12ARefusalComesBeforeTheRequest) {
  const Demanding demanding(12);
  Session session = demanding.session({});
  const auto result = session.try_post(demanding.server.url(), {.body = "x"});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::tls);
  ASSERT_EQ(report_of(result).attempts.size(), 2U) << "once more, and no more";
  EXPECT_EQ(report_of(result).attempts[0].fault, Fault::tls_alert) << report_of(result).text();
  EXPECT_EQ(report_of(result).attempts[0].evidence, Evidence::not_sent);
  EXPECT_EQ(report_of(result).resend, Resend::safe);
}

TEST(ClientCertificate, InTls13ARefusalComesAfterTheRequest) {
  const Demanding demanding(13);
  Session session = demanding.session({});
  const auto post = session.try_post(demanding.server.url(), {.body = "x"});
  ASSERT_FALSE(post.has_value());
  EXPECT_EQ(post.error().kind(), ErrorKind::tls);
  ASSERT_EQ(report_of(post).attempts.size(), 1U) << "bytes of the request had left";
  EXPECT_EQ(report_of(post).attempts[0].fault, Fault::tls_alert_late) << report_of(post).text();
  EXPECT_EQ(report_of(post).attempts[0].evidence, Evidence::maybe);
  EXPECT_EQ(report_of(post).outcome, CallOutcome::in_doubt);
  EXPECT_EQ(demanding.server.count(), 0U);

  const auto get = session.try_get(demanding.server.url());
  EXPECT_EQ(report_of(get).attempts.size(), 2U) << "once more, and no more";
  EXPECT_EQ(report_of(get).stop_reason, StopReason::permanent_error);
}

TEST(ClientCertificate, OneThatTheServerDoesNotKnowIsRefused) {
  const Demanding demanding(13);
  const Demanding stranger(13);
  Session session = demanding.session({.cert_file = stranger.server.client_certificate_file()});
  const auto result = session.try_get(demanding.server.url());
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::tls);
  EXPECT_EQ(demanding.server.count(), 0U);
}

}  // namespace
