#pragma once

#include <cstdint>
#include <string>
#include <vector>

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
  /// A folder of its own in /tmp, which others may enter: some peers change their user.
  void make_folder();
  /// Writes a file there, and returns its path.
  std::string write(const std::string& name, const std::string& text) const;
  /// The same with "@" for the folder, "PORT" and "TLS" for the ports, "REFUSED" for a port where
  /// nobody listens.
  std::string write_configuration(const std::string& name, std::string text) const;
  /// Runs a program, its words to the folder, until `port()` is there; else `missing` says why.
  void start(const std::string& package, std::vector<std::string> command);
  pid_t child_ = -1;
  std::uint16_t port_ = 0;
  std::uint16_t tls_port_ = 0;
  std::string missing_;
  std::string folder_;  // removed with it
};

/// A port of loopback that is free, and below those that the system gives away by itself: nobody
/// else gets it while a peer starts.
std::uint16_t free_port();

/// python3-httpbin, by its own development server.
class Httpbin final : public Peer {
 public:
  Httpbin();
};

/// nginx with the places that the tests visit (see peers.cpp).
class Nginx final : public Peer {
 public:
  /// `upstream`: the port that "/up/…" is passed on to.
  explicit Nginx(std::uint16_t upstream = 1);
  std::string tls_url(const std::string& path) const {
    return "https://127.0.0.1:" + std::to_string(tls_port_) + path;
  }
  /// The authority that signed its certificate, a PEM file.
  std::string ca_file() const;
};

/// haproxy, with a place for each of its ways to refuse.
class Haproxy final : public Peer {
 public:
  /// `upstream`: the port that "/up/…" is passed on to.
  explicit Haproxy(std::uint16_t upstream = 1);
};

/// squid, a forward proxy that caches nothing. It forbids forbidden.test.
class Squid final : public Peer {
 public:
  Squid();
};

/// mitmproxy, a forward proxy that breaks TLS open with an authority of its own; it plays some
/// paths itself.
class Mitmproxy final : public Peer {
 public:
  Mitmproxy();
  std::string ca_file() const { return folder_ + "/mitmproxy-ca-cert.pem"; }
};

/// `openssl s_server` with a certificate of a TestAuthority.
class OpensslServer final : public Peer {
 public:
  enum class Certificate { good, expired, self_signed, wrong_host, wrong_chain };
  explicit OpensslServer(Certificate kind, std::vector<std::string> flags = {});
  std::string tls_url() const { return "https://127.0.0.1:" + std::to_string(port_) + "/"; }
  std::string ca_file() const { return folder_ + "/ca.pem"; }
};
