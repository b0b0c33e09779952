#include "testing/catalogue.hpp"

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

using Fault = Reply::Fault;

NamedFault raw(std::string name, std::string what, std::string bytes) {
  return fault(std::move(name), std::move(what), raw_answer(std::move(bytes)));
}

// A 200 whose head has these lines too.
NamedFault with_lines(std::string name, std::string what, const std::string& lines,
                      const std::string& body = "0123456789") {
  return raw(std::move(name), std::move(what), "HTTP/1.1 200 OK\r\n" + lines + "\r\n" + body);
}

Reply cut(Fault fault, std::size_t after) {
  return {.body = "0123456789", .fault = fault, .cut_after = after, .acts = true};
}

Reply announced_by(const std::string& interim) {
  Reply reply = acting();
  reply.before = interim;
  return reply;
}

std::string times(int count, const std::string& text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

void add_cut_heads(std::vector<NamedFault>& catalogue) {
  const auto add = [&](NamedFault one) { catalogue.push_back(std::move(one)); };
  Reply slow = acting();
  slow.drip_head = std::chrono::seconds{1};
  add(fault("F19-stall", "the request is read, then silence", cut(Fault::stall, 0)));
  add(fault("F19-loris", "a head at one byte a second", slow));
  add(fault("F20-fin", "half a status line, then closed", cut(Fault::cut_head, 7)));
  // "HTTP/1.1 200 Reply\r\nContent-Le": the status is known, the head is not whole.
  add(fault("F21-fin", "half a head, then closed", cut(Fault::cut_head, 30)));
  add(fault("F21-rst", "half a head, then reset", cut(Fault::reset_in_head, 30)));
  add(fault("F21-stall", "half a head, then silence", cut(Fault::stall_in_head, 30)));
}

void add_status_lines(std::vector<NamedFault>& catalogue) {
  const auto add = [&](NamedFault one) { catalogue.push_back(std::move(one)); };
  const std::string rest = "Content-Length: 2\r\n\r\nok";
  add(raw("F22-protocol", "HTP/1.1 200 OK", "HTP/1.1 200 OK\r\n" + rest));
  add(raw("F22-version", "HTTP/9.9 200 OK", "HTTP/9.9 200 OK\r\n" + rest));
  add(raw("F22-code-099", "status code 099", "HTTP/1.1 099 No\r\n" + rest));
  add(raw("F22-code-99999", "status code 99999", "HTTP/1.1 99999 No\r\n" + rest));
  add(raw("F22-garbage", "binary garbage",
          std::string("\x00\x01\x02\xff\xfe\r\n\r\n\x80\x81\n\n", 13)));
  add(raw("F22-http-0.9", "a body without any head", "<html>hello</html>\r\n\r\n"));
}

void add_fields(std::vector<NamedFault>& catalogue) {
  const auto add = [&](NamedFault one) { catalogue.push_back(std::move(one)); };
  const std::string length = "Content-Length: 10\r\n";
  add(with_lines("F23-nul", "a NUL in a field", length + std::string("X-A: a\0b\r\n", 10)));
  add(with_lines("F23-no-colon", "a field without a colon", length + "no colon here\r\n"));
  add(with_lines("F23-obs-fold", "a folded field", length + "X-A: a\r\n b\r\n"));
  add(with_lines("F23-long-line", "a field of 120 KB",
                 length + "X-A: " + std::string(120'000, 'a') + "\r\n"));
  add(with_lines("F23-large-head", "a head of 400 KB",
                 length + times(40, "X-A: " + std::string(10'000, 'a') + "\r\n")));
  add(with_lines("F23-many-fields", "10 000 fields", length + times(10'000, "X: y\r\n")));
  add(raw("F23-bare-lf", "lines that end in LF alone",
          "HTTP/1.1 200 OK\nContent-Length: 10\n\n0123456789"));
}

void add_framing(std::vector<NamedFault>& catalogue) {
  const auto add = [&](NamedFault one) { catalogue.push_back(std::move(one)); };
  const auto lengths = [](const std::string& first, const std::string& second = "") {
    return "Content-Length: " + first + "\r\n" +
           (second.empty() ? "" : "Content-Length: " + second + "\r\n");
  };
  add(with_lines("F24-negative", "a negative Content-Length", lengths("-10")));
  add(with_lines("F24-overflow", "a Content-Length of 20 digits", lengths("99999999999999999999")));
  add(with_lines("F24-differ", "two Content-Lengths that differ", lengths("10", "5")));
  add(with_lines("F24-same", "two Content-Lengths that agree", lengths("10", "10")));
  add(with_lines("F24-cl-te", "Content-Length beside Transfer-Encoding",
                 lengths("10") + "Transfer-Encoding: chunked\r\n", "2\r\nok\r\n0\r\n\r\n"));
  add(with_lines("F24-unknown-te", "an unknown transfer coding", "Transfer-Encoding: foo\r\n"));
}

void add_interim_answers(std::vector<NamedFault>& catalogue) {
  const auto add = [&](NamedFault one) { catalogue.push_back(std::move(one)); };
  add(fault("F25-flood-100", "5 000 times 100",
            announced_by(times(5000, "HTTP/1.1 100 Continue\r\n\r\n"))));
  add(fault("F25-flood-102", "5 000 times 102",
            announced_by(times(5000, "HTTP/1.1 102 Processing\r\n\r\n"))));
  add(fault("F25-103", "103 with a Retry-After before the answer",
            announced_by("HTTP/1.1 103 Early Hints\r\nRetry-After: 99\r\n\r\n")));
  add(raw("F25-101", "101 that nobody asked for",
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"
          "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
}

}  // namespace

void add_head_faults(std::vector<NamedFault>& catalogue) {
  add_cut_heads(catalogue);
  add_status_lines(catalogue);
  add_fields(catalogue);
  add_framing(catalogue);
  add_interim_answers(catalogue);
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
