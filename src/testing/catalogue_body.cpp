#include "testing/catalogue.hpp"
#include "testing/packed.hpp"

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

using Fault = Reply::Fault;

Reply cut(Fault fault) {
  return {.body = "0123456789", .fault = fault, .cut_after = 4, .acts = true};
}

NamedFault chunks(std::string name, std::string what, const std::string& body) {
  return fault(std::move(name), std::move(what),
               raw_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body));
}

NamedFault coded(std::string name, std::string what, const std::string& coding,
                 std::function<std::string()> body) {
  return {.name = std::move(name),
          .what = std::move(what),
          .replies = [coding, body = std::move(body)](const FaultServer&) {
            return std::vector<Reply>{
                {.headers = {{"Content-Encoding", coding}}, .body = body(), .acts = true}};
          }};
}

void add_cut_bodies(std::vector<NamedFault>& catalogue) {
  const auto add = [&](NamedFault one) { catalogue.push_back(std::move(one)); };
  add(fault("F26-fin", "half a body, then closed", cut(Fault::cut_body)));
  add(fault("F26-rst", "half a body, then reset", cut(Fault::reset_in_body)));
  add(fault("F26-stall", "half a body, then silence", cut(Fault::stall_in_body)));
  add(chunks("F27-bad-hex", "a chunk size that is no number", "zz\r\n0123456789\r\n0\r\n\r\n"));
  add(chunks("F27-overflow", "a chunk size beyond 64 bits",
             "fffffffffffffffff\r\n0123456789\r\n0\r\n\r\n"));
  add(chunks("F27-no-crlf", "a chunk that does not end with CRLF", "a\r\n0123456789xx0\r\n\r\n"));
  add(chunks("F27-truncated", "closed inside a chunk", "a\r\n0123"));
  add(chunks("F27-no-end", "closed before the last chunk", "a\r\n0123456789\r\n"));
  Reply reset = cut(Fault::reset_in_body);
  reset.close_delimited = true;
  add(fault("F28-rst", "a body that ends with the connection, by a reset", reset));
  Reply closed = acting();
  closed.close_delimited = true;
  add(fault("F28-fin", "a body that ends with the connection, in good order", closed));
}

void add_extra_bytes(std::vector<NamedFault>& catalogue) {
  const auto add = [&](NamedFault one) { catalogue.push_back(std::move(one)); };
  Reply extra = acting();
  extra.after = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong";
  add(fault("F29-extra", "more bytes than the length says, in the guise of an answer", extra));
  add(fault("F29-204", "a body after 204",
            raw_answer("HTTP/1.1 204 No Content\r\n\r\n0123456789")));
  add(fault("F29-304", "a body after 304",
            raw_answer("HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n0123456789")));
  // The connection stays open: what comes next on it must not begin with that body.
  const Reply with_body{.raw = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789",
                        .acts = true};
  add(fault("F29-head", "a body in an answer to HEAD", with_body, NamedFault::Needs::head));
}

void add_codings(std::vector<NamedFault>& catalogue) {
  const auto add = [&](NamedFault one) { catalogue.push_back(std::move(one)); };
  add(coded("F30-garbage", "gzip that is none", "gzip", [] { return "this is not gzip"; }));
  add(coded("F30-truncated", "gzip cut short, of the length announced", "gzip", [] {
    const std::string whole = packed(std::string(1000, 'a') + "the end");
    return whole.substr(0, whole.size() - 12);
  }));
  add(coded("F30-bomb", "gzip of 20 MB in 20 KB", "gzip", [] {
    static const std::string bomb =
        packed(std::string(20'000'000, '\0'));  // NOLINT(bugprone-string-constructor): a bomb
    return bomb;
  }));
  add(coded("F30-unknown", "an unknown content coding", "foo", [] { return "0123456789"; }));
  add(coded("F30-stacked", "gzip six times", "gzip, gzip, gzip, gzip, gzip, gzip", [] {
    std::string text = "0123456789";
    for (int i = 0; i < 6; ++i) text = packed(text);
    return text;
  }));
}

}  // namespace

void add_body_faults(std::vector<NamedFault>& catalogue) {
  add_cut_bodies(catalogue);
  add_extra_bytes(catalogue);
  add_codings(catalogue);
  Reply slow = acting();
  slow.drip_body = std::chrono::seconds{1};
  catalogue.push_back(fault("F31-drip", "a body at one byte a second", slow));
  Reply endless = acting();
  endless.endless = true;
  catalogue.push_back(fault("F32-endless", "a body without end", endless));
  endless.chunked = true;
  catalogue.push_back(fault("F32-endless-chunks", "chunks without end", endless));
}

void add_download_faults(std::vector<NamedFault>& catalogue) {
  Reply part = acting();
  part.status = 206;
  part.headers = {{"Content-Range", "bytes 0-9/20"}};
  catalogue.push_back(fault("F46-206", "a part that nobody asked for", part));
  Reply other = acting();
  other.headers = {{"Repr-Digest", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"}};
  catalogue.push_back(fault("F46-digest", "a body that is not that of its Repr-Digest", other));
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
