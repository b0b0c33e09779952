#pragma once

#include <cstdint>
#include <string>

#include <sys/types.h>

/// A server that nobody here wrote, run by the test on a free port of loopback and ended with it.
class Peer {
 public:
  virtual ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// Why it is not there, or empty: the tests are skipped with these words.
  const std::string& missing() const { return missing_; }
  std::uint16_t port() const { return port_; }
  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }

 protected:
  Peer() = default;
  pid_t child_ = -1;
  std::uint16_t port_ = 0;
  std::string missing_;
  std::string folder_;  // removed with it
};

/// python3-httpbin, by its own development server.
class Httpbin final : public Peer {
 public:
  Httpbin();
};

/// nginx with the places that the tests visit (see peers.cpp).
class Nginx final : public Peer {
 public:
  Nginx();
  std::string tls_url(const std::string& path) const {
    return "https://127.0.0.1:" + std::to_string(tls_port_) + path;
  }
  /// The authority that signed its certificate, a PEM file.
  std::string ca_file() const;

 private:
  std::uint16_t tls_port_ = 0;
};
