#pragma once

#include <cstdint>
#include <map>
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
  /// Another of its ports, by the name that its configuration has for it.
  std::uint16_t port(const std::string& name) const { return ports_.at(name); }
  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  /// At one of its TLS ports, by the name that its configuration has for it.
  std::string tls_url(const std::string& path, const std::string& name = "tls") const {
    return "https://127.0.0.1:" + std::to_string(ports_.at(name)) + path;
  }
  /// The authority that signed its good certificates, a PEM file.
  std::string ca_file() const { return folder_ + "/ca.pem"; }

  /// Ended in good order; from one moment to the next; and there again, on the same ports.
  void stop();
  void kill_now();
  void restart();
  /// Alive, and does nothing: its kernel still accepts connections, and takes what is sent.
  void freeze() const;
  void thaw() const;

 protected:
  Peer() = default;
  /// A folder of its own in /tmp, which others may enter: some peers change their user.
  void make_folder();
  /// Writes a file there, and returns its path.
  std::string write(const std::string& name, const std::string& text) const;
  /// The same with "<folder>" for the folder, "<refused>" for a port where nobody listens, and any
  /// other "<name>" for a port: a free one unless `ports_` has it.
  std::string write_configuration(const std::string& name, const std::string& text);
  /// A certificate of each kind that goes wrong, a good one, and the authority: good.pem and so on,
  /// with their keys.
  void write_certificates() const;
  /// Runs a program, its words to the folder, until `port()` is there; else `missing` says why.
  void start(const std::string& package, std::vector<std::string> command);
  pid_t child_ = -1;
  std::uint16_t port_ = 0;
  std::map<std::string, std::uint16_t> ports_;
  std::vector<std::string> command_;
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

/// nginx with the places that the tests visit (see nginx.cpp), over TCP and TLS.
class Nginx final : public Peer {
 public:
  /// `upstream`: the port that "/up/…" is passed on to.
  explicit Nginx(std::uint16_t upstream = 1);
};

/// haproxy, with a place for each of its ways to refuse.
class Haproxy final : public Peer {
 public:
  /// `upstream`: as nginx's.
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
  /// `tls`: the last version that it speaks with clients, "TLS1_2" or "TLS1_3".
  explicit Mitmproxy(const std::string& tls = "TLS1_3");
  std::string authority() const { return folder_ + "/mitmproxy-ca-cert.pem"; }
};

/// `openssl s_server` with a certificate of a TestAuthority. It serves one connection at a time.
class OpensslServer final : public Peer {
 public:
  /// `certificate`: good, expired, self_signed, wrong_host or wrong_chain.
  explicit OpensslServer(const std::string& certificate, std::vector<std::string> flags = {});
  std::string secure_url() const { return "https" + url("/").substr(4); }
};
