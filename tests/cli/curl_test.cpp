// The same flags given to curl and to redial make the same request.

#include <algorithm>

#include <gtest/gtest.h>

#include <redial/testing/fault_server.hpp>

#include "cli/process.hpp"

namespace {

using redial::testing::FaultServer;
using redial::testing::RecordedRequest;
using redial::testing::Reply;

struct Case {
  const char* name;
  const char* verb;
  std::vector<std::string> flags;
  const char* path = "/x";
  const char* input = "";
};

std::ostream& operator<<(std::ostream& out, const Case& one) {
  return out << one.name;
}

// What a server sees, in one form: curl names itself, and says Content-Length before Content-Type.
std::string seen(const RecordedRequest& request) {
  std::vector<std::string> fields;
  for (const auto& [name, value] : request.headers) {
    const bool own_name =
        name == "User-Agent" && (value.rfind("curl/", 0) == 0 || value.rfind("redial/", 0) == 0);
    if (!own_name) fields.push_back(name + ": " + value);
  }
  std::sort(fields.begin(), fields.end());
  std::string text = request.method + " " + request.target + "\n";
  for (const auto& field : fields) text += field + "\n";
  return text + "\n" + request.body;
}

class AsCurl : public ::testing::TestWithParam<Case> {};

TEST_P(AsCurl, TheRequestIsTheSame) {
  const TemporaryFolder folder;
  folder.file("lines", "one\ntwo\r\nthree\n");
  folder.file("bytes", std::string("a\0b\nc", 5));
  folder.file("fields", "X-One: 1\nX-Two: 2\r\n");
  FaultServer server;
  server.on("", Reply{.body = "ok"});
  const Process::Options options{.input = GetParam().input, .working_folder = folder.path()};
  const auto with_url = [&](std::vector<std::string> command) {
    command.insert(command.end(), GetParam().flags.begin(), GetParam().flags.end());
    command.push_back(server.url(GetParam().path));
    return command;
  };
  const auto theirs = Process(with_url({"curl", "-sS"}), options).wait();
  const auto ours = redial_command(with_url({GetParam().verb}), options);
  ASSERT_EQ(theirs.code, 0) << theirs.err;
  ASSERT_EQ(ours.code, 0) << ours.err;
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(seen(requests[1]), seen(requests[0]));
}

INSTANTIATE_TEST_SUITE_P(
    Flags, AsCurl,
    ::testing::Values(
        Case{"plain", "get", {}}, Case{"head", "head", {"-I"}}, Case{"get_I", "get", {"-I"}},
        Case{"put", "put", {"-X", "PUT", "-d", "x"}}, Case{"delete", "delete", {"-X", "DELETE"}},
        Case{"options", "options", {"-X", "OPTIONS"}},
        Case{"patch", "patch", {"-X", "PATCH", "--data", "x"}},
        Case{"header", "get", {"-H", "X-A: b", "-H", "X-A: c", "--header", "X-B:d"}},
        Case{"header_empty", "get", {"-H", "X-A;"}},
        Case{"header_left_out", "get", {"-H", "Accept:"}},
        Case{"header_replaced", "get", {"-H", "Accept: text/html", "-H", "User-Agent: me"}},
        Case{"header_given_and_left_out", "get", {"-H", "X-A: b", "-H", "X-A:"}},
        Case{"header_left_out_and_given", "get", {"-H", "Accept:", "-H", "Accept: a/b"}},
        Case{"header_left_out_and_agent", "get", {"-H", "User-Agent:", "-A", "me"}},
        Case{"header_file", "get", {"-H", "@fields"}},
        Case{"header_input", "get", {"-H", "@-"}, "/x", "X-In: put\n"},
        Case{"data", "post", {"-d", "a=1", "-d", "b=2"}},
        Case{"data_empty", "post", {"-d", "", "-d", "x"}}, Case{"data_dash", "post", {"-d", "-x"}},
        Case{"data_file", "post", {"-d", "@lines"}},
        Case{"data_input", "post", {"-d", "@-"}, "/x", "l1\nl2\n"},
        Case{"data_binary_file", "post", {"--data-binary", "@bytes"}},
        Case{"data_binary_input", "post", {"--data-binary", "@-"}, "/x", "l1\nl2\n"},
        Case{"data_order",
             "post",
             {"--data-binary", "1", "-d", "2", "--data-urlencode", "3 3", "-d", "4"}},
        Case{"data_type", "post", {"-d", "<a/>", "-H", "Content-Type: text/xml"}},
        Case{"urlencode_content", "post", {"--data-urlencode", "a b&c~d"}},
        Case{"urlencode_equals", "post", {"--data-urlencode", "=a b"}},
        Case{"urlencode_name", "post", {"--data-urlencode", "n=a b\xC3\xBC="}},
        Case{"urlencode_file", "post", {"--data-urlencode", "@lines"}},
        Case{"urlencode_name_file", "post", {"--data-urlencode", "n@lines"}},
        Case{"into_query", "get", {"-G", "-d", "a=1", "--data-urlencode", "b=2 3"}},
        Case{"into_query_after", "get", {"-G", "-d", "a=1"}, "/x?z=0"},
        Case{"into_query_after_a_mark", "get", {"-G", "-d", "a=1"}, "/x?"},
        Case{"into_query_after_an_and", "get", {"-G", "-d", "a=1"}, "/x?z&"},
        Case{"into_query_nothing", "get", {"-G", "-d", ""}},
        Case{"into_query_nothing_after", "get", {"-G", "-d", ""}, "/x?z"},
        Case{"json", "post", {"--json", "{\"a\"", "--json", ":1}"}},
        Case{"json_accept", "post", {"--json", "1", "-H", "Accept: x/y"}},
        Case{"user", "get", {"-u", "me:pass:word"}}, Case{"user_no_password", "get", {"-u", "me:"}},
        Case{"agent", "get", {"-A", "me/1"}}, Case{"agent_none", "get", {"-A", ""}},
        Case{"agent_twice", "get", {"-A", "a", "-A", "b"}},
        Case{"referer", "get", {"-e", "http://b/"}}, Case{"cookie", "get", {"-b", "a=b; c=d"}},
        Case{"query", "get", {}, "/x?a=%20&b"}, Case{"dots", "get", {}, "/a/../b"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(AsCurl, CompressedAsksAndUndoes) {
  FaultServer server;
  server.on("", Reply{.body = "ok"});
  EXPECT_EQ(redial_command({"get", server.url()}).code, 0);
  EXPECT_EQ(redial_command({"get", "--compressed", server.url()}).code, 0);
  EXPECT_EQ(server.requests()[0].header("Accept-Encoding"), "");
  EXPECT_NE(server.requests()[1].header("Accept-Encoding").find("gzip"), std::string::npos);
}

TEST(AsCurl, WithoutCompressedACodedBodyStaysAsItIs) {
  const std::string coded(  // gzip of "hello"
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00"
      "\x00\x00",
      25);
  FaultServer server;
  server.on("", Reply{.headers = {{"Content-Encoding", "gzip"}}, .body = coded});
  for (const bool compressed : {false, true}) {
    std::vector<std::string> flags;
    if (compressed) flags.emplace_back("--compressed");
    auto theirs = flags;
    theirs.insert(theirs.begin(), {"curl", "-sS"});
    theirs.push_back(server.url());
    auto ours = flags;
    ours.insert(ours.begin(), "get");
    ours.push_back(server.url());
    const auto expected = Process(theirs).wait().out;
    EXPECT_EQ(expected, compressed ? "hello" : coded);
    EXPECT_EQ(redial_command(ours).out, expected);
  }
}

TEST(AsCurl, WriteOut) {
  FaultServer server;
  server.on("/x",
            Reply{.headers = {{"Content-Type", "text/plain"}, {"X-A", "b"}}, .body = "12345"});
  server.on("/hop", Reply{.status = 302, .headers = {{"Location", "/x"}}});
  const std::string format =
      "%{http_code} %{response_code} %{size_download} %{num_redirects} %{content_type} "
      "%{url_effective} %{method} %{scheme} %{http_version} %{num_headers} %{exitcode} "
      "%{errormsg}|%header{x-a}|%% "
      "\\t\\n";
  for (const auto* path : {"/x", "/hop"}) {
    const auto theirs =
        Process({"curl", "-sSL", "-o", "/dev/null", "-w", format, server.url(path)}).wait();
    const auto ours = redial_command({"get", "-o", "/dev/null", "-w", format, server.url(path)});
    EXPECT_EQ(ours.out, theirs.out);
    EXPECT_EQ(ours.code, 0);
  }
}

TEST(AsCurl, HeadsAreShownWithIAndAlsoOfAFailure) {
  FaultServer server;
  server.on("/good", Reply{.reason = "OK", .headers = {{"X-A", "b"}}, .body = "body"});
  server.on("/gone", Reply{.status = 404, .reason = "Not Found", .headers = {{"X-A", "b"}}});
  for (const auto* path : {"/good", "/gone"}) {
    for (const auto* flag : {"-i", "-I"}) {
      const auto theirs = Process({"curl", "-sSf", flag, server.url(path)}).wait();
      EXPECT_EQ(redial_command({"get", flag, server.url(path)}).out, theirs.out) << path << flag;
    }
  }
}

TEST(AsCurl, HeadsOfRedirectsComeFirst) {
  FaultServer server;
  server.on("/hop", Reply{.status = 302, .headers = {{"Location", "/hop2"}}, .body = "moved"});
  server.on("/hop2", Reply{.status = 307, .headers = {{"Location", "/end"}}});
  server.on("/lost", Reply{.status = 302, .headers = {{"Location", "/gone"}}});
  server.on("/end", Reply{.headers = {{"X-A", "b"}}, .body = "body"});
  server.on("/gone", Reply{.status = 404});
  for (const auto* path : {"/hop", "/lost"}) {
    for (const auto* flag : {"-i", "-I"}) {
      const auto theirs = Process({"curl", "-sSLf", flag, server.url(path)}).wait();
      EXPECT_EQ(redial_command({"get", flag, server.url(path)}).out, theirs.out) << path << flag;
    }
  }
  EXPECT_EQ(redial_command({"get", "-N", "-i", server.url("/hop")}).out,
            redial_command({"get", "-i", server.url("/hop")}).out);
}

TEST(AsCurl, AFormatFromAFileIsOneLine) {
  const TemporaryFolder folder;
  const std::string format = "@" + folder.file("format", "%{http_code}\r\n%{method}\n\n|");
  FaultServer server;
  server.on("", Reply{.body = "ok"});
  const auto theirs = Process({"curl", "-sS", "-w", format, server.url()}).wait();
  EXPECT_EQ(theirs.out, "ok200GET|");
  EXPECT_EQ(redial_command({"get", "-w", format, server.url()}).out, theirs.out);
}

TEST(AsCurl, ARemoteNameStaysAsItIsWritten) {
  FaultServer server;
  server.on("", Reply{.body = "ok"});
  for (const auto* path : {"/a/x%0Ay%2fz", "/..%2f"}) {
    const TemporaryFolder theirs, ours;
    EXPECT_EQ(
        Process({"curl", "-sSO", server.url(path)}, {.working_folder = theirs.path()}).wait().code,
        0);
    EXPECT_EQ(redial_command({"get", "-O", server.url(path)}, {.working_folder = ours.path()}).code,
              0);
    EXPECT_EQ(ours.names(), theirs.names());
  }
}

TEST(AsCurl, AFileSizeOfZeroIsNoLimit) {
  FaultServer server;
  server.on("", Reply{.body = "ok"});
  EXPECT_EQ(Process({"curl", "-sS", "--max-filesize", "0", server.url()}).wait().out, "ok");
  EXPECT_EQ(redial_command({"get", "--max-filesize", "0", server.url()}).out, "ok");
}

TEST(AsCurl, ResolveKnowsHostsInEveryForm) {
  FaultServer server;
  server.on("", Reply{.body = "ok"});
  const std::string port = ":" + std::to_string(server.port());
  struct Row {
    std::string entry, host;
    bool found;
  };
  for (const Row& row : std::vector<Row>{
           {"*" + port, "a.test", true},
           {"+a.test" + port, "a.test", true},
           {"A.test:0" + port.substr(1), "a.TEST", true},
           {"xn--bcher-kva.test" + port,
            "b\xC3\xBC"
            "cher.test",
            true},
           {"a.test:1", "a.test", false},
           {"a.test." + port, "a.test", false},
           {"192.0.2.7" + port, "192.0.2.7", true},
       }) {
    const std::string entry = row.entry + ":127.0.0.1";
    const std::string url = "http://" + row.host + port + "/";
    const auto theirs = Process({"curl", "-sS", "--resolve", entry, url}).wait();
    const auto ours = redial_command({"get", "--retry", "0", "--resolve", entry, url});
    EXPECT_EQ(ours.out, theirs.out) << entry;
    EXPECT_EQ(ours.out, row.found ? "ok" : "") << entry << ours.err;
  }
  const auto wild = redial_command({"get", "--resolve", "*" + port + ":192.0.2.7", "--resolve",
                                    "a.test" + port + ":127.0.0.1", "http://a.test" + port + "/"});
  EXPECT_EQ(wild.out, "ok") << "a host of its own comes first";
  EXPECT_EQ(redial_command({"get", "--resolve",
                            "b\xC3\xBC"
                            "cher.test" +
                                port + ":127.0.0.1",
                            "http://xn--bcher-kva.test" + port + "/"})
                .out,
            "ok");
}

TEST(AsCurl, AnAnswerInHttp10IsShownAsOne) {
  FaultServer server;
  server.on("", Reply{.raw = "HTTP/1.0 200 Fine\r\nContent-Length: 2\r\n\r\nok", .close = true});
  const std::vector<std::string> flags{"-i", "-w", "|%{http_version}", server.url()};
  auto theirs = flags;
  theirs.insert(theirs.begin(), {"curl", "-sS"});
  auto ours = flags;
  ours.insert(ours.begin(), "get");
  EXPECT_EQ(redial_command(ours).out, Process(theirs).wait().out);
}

TEST(AsCurl, ResolveCertificatesAndInsecure) {
  FaultServer server({.tls = FaultServer::Tls::good, .demands_client_certificate = true});
  server.on("", Reply{.body = "welcome"});
  const std::string port = std::to_string(server.port());
  const std::string client = server.client_certificate_file();
  const std::vector<std::string> good{"--cacert",
                                      server.ca_file(),
                                      "--cert",
                                      client,
                                      "--key",
                                      client,
                                      "--resolve",
                                      "localhost:" + port + ":127.0.0.1",
                                      "https://localhost:" + port + "/"};
  const auto with = [&](std::vector<std::string> command) {
    command.insert(command.end(), good.begin(), good.end());
    return command;
  };
  EXPECT_EQ(Process(with({"curl", "-sS"})).wait().out, "welcome");
  EXPECT_EQ(redial_command(with({"get"})).out, "welcome");
  EXPECT_EQ(redial_command({"get", "--cert", client, server.url()}).code, 3) << "not trusted";
  EXPECT_EQ(redial_command({"get", "-k", "--cert", client, server.url()}).out, "welcome");
}

}  // namespace
