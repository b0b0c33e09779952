#pragma once

#include <string>
#include <vector>

#include <redial/testing/fault_server.hpp>

// Answers as servers send them, and the ways that they go.

struct Recorded {
  std::string name;
  std::string bytes;
  std::string content;       // of the body when it is whole
  bool until_close = false;  // no framing: the end of the connection is the end of the body
};

// gzip of "compressed" (RFC 1952), made by gzip -n.
inline const std::string k_gzip(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\xce\xcf\x2d\x28\x4a\x2d\x2e\x4e\x4d\x01\x00\x1e"
    "\x4b\x56\x97\x0a\x00\x00\x00",
    30);

// The same by zstd -c.
inline const std::string k_zstd(
    "\x28\xb5\x2f\xfd\x04\x58\x51\x00\x00\x63\x6f\x6d\x70\x72\x65\x73\x73\x65\x64\xe9"
    "\xcf\x84\x52",
    23);

inline std::vector<Recorded> recorded() {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  return {
      {"content-length", ok + "Server: nginx\r\nContent-Length: 10\r\n\r\n0123456789",
       "0123456789"},
      {"empty", ok + "Content-Length: 0\r\n\r\n", ""},
      {"no-content", "HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n", ""},
      {"not-modified", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n", ""},
      {"interim",
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok +
           "Content-Length: 2\r\n\r\nok",
       "ok"},
      {"chunked", ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
       "abc0123456789"},
      {"trailers",
       ok + "Transfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n2;a=b\r\nhi\r\n0\r\nX-T: 1\r\n\r\n",
       "hi"},
      {"gzip", ok + "Content-Encoding: gzip\r\nContent-Length: 30\r\n\r\n" + k_gzip, "compressed"},
      {"gzip-chunked",
       ok + "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n1e\r\n" + k_gzip +
           "\r\n0\r\n\r\n",
       "compressed"},
      {"zstd",
       ok + "Content-Encoding: zstd\r\nContent-Length: " + std::to_string(k_zstd.size()) +
           "\r\n\r\n" + k_zstd,
       "compressed"},
      {"until-close", ok + "Connection: close\r\n\r\nuntil the end", "until the end", true},
      {"http-1.0", "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold", "old", true},
      {"created", "HTTP/1.1 201 Created\r\nLocation: /1\r\nContent-Length: 3\r\n\r\n{}\n", "{}\n"},
  };
}

struct Way {
  const char* name;
  redial::testing::FaultServer::Tls tls;
  bool close_notify;
};

// What a server sent in truth decides: a prefix is a success only when the end of the connection is
// what ends the body, and said so in a way that can be told from a cut (over TLS: close_notify).
inline bool is_whole(const Recorded& one, std::size_t sent, const Way& way) {
  if (one.until_close) {
    const bool head = sent >= one.bytes.find("\r\n\r\n") + 4;
    return head && (way.tls == redial::testing::FaultServer::Tls::none || way.close_notify);
  }
  return sent == one.bytes.size();
}

inline std::vector<Way> ways() {
  using Tls = redial::testing::FaultServer::Tls;
  return {{"tcp", Tls::none, true}, {"tls", Tls::good, true}, {"tls_truncated", Tls::good, false}};
}
