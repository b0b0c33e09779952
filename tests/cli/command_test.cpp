// The command against a server that fails as told: exit codes, what is shown, what is kept, what is
// reported.

#include <filesystem>
#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <csignal>
#include <nlohmann/json.hpp>

#include <redial/testing/fault_server.hpp>

#include "cli/process.hpp"

namespace {

using nlohmann::json;
using redial::testing::FaultServer;
using redial::testing::refused_port;
using redial::testing::Reply;

std::vector<std::string> quick(std::vector<std::string> command) {
  command.insert(command.begin() + 1, {"--backoff", "0.001", "--retry", "1"});
  return command;
}

// --- exit codes

TEST(ExitCode, IsTheOutcome) {
  FaultServer server;
  server.on("/ok", Reply{.body = "x"});
  server.on("/missing", Reply{.status = 404});
  server.on("/lost", Reply{.fault = Reply::Fault::close_after_read});
  server.on("/later", Reply{.status = 503, .headers = {{"Retry-After", "3600"}}});
  server.on("/soon", Reply{.status = 503, .headers = {{"Retry-After", "30"}}});
  EXPECT_EQ(redial_command({"get", server.url("/ok")}).code, 0);
  EXPECT_EQ(redial_command({"get", server.url("/missing")}).code, 3);
  EXPECT_EQ(redial_command({"post", "-d", "x", server.url("/lost")}).code, 4);
  const auto later = redial_command({"get", server.url("/later")});
  EXPECT_EQ(later.code, 75);
  EXPECT_NE(later.err.find("come back at 20"), std::string::npos) << later.err;
  EXPECT_EQ(redial_command({"get", "--retry", "0", server.url("/soon")}).code, 75)
      << "attempts ran out, the hint lies ahead";
  EXPECT_EQ(redial_command({"get", "-m", "5", server.url("/soon")}).code, 75)
      << "the deadline comes first";
}

TEST(ExitCode, UsageIs2AndNothingIsSent) {
  FaultServer server;
  server.on("", Reply{});
  const std::string url = server.url();
  const TemporaryFolder folder;
  const std::vector<std::vector<std::string>> wrong{
      {"get"},
      {"fetch", url},
      {"get", "--nonsense", url},
      {"get", "ftp://127.0.0.1/"},
      {"get", "127.0.0.1"},
      {"get", "-X", "PUT", url},
      {"put", "-X", "POST", url},
      {"get", "-d", "x", url},
      {"get", "--data-binary", "x", url},
      {"head", "--data-urlencode", "x", url},
      {"get", "--json", "1", url},
      {"post", "--json", "1", "-d", "x", url},
      {"post", "-I", url},
      {"request", "GE T", url},
      {"get", "-H", "no colon", url},
      {"get", "-H", "X: a\nY: b", url},
      {"get", "-H", "@" + folder.path("none"), url},
      {"post", "-d", "@" + folder.path("none"), url},
      {"post", "--data-binary", "@" + folder.path("none"), url},
      {"post", "-d", "@" + folder.path(), url},
      {"post", "--data-binary", "@" + folder.path(), url},
      {"post", "-F", "a=<" + folder.path(), url},
      {"get", "-u", "nameless", url},
      {"get", "--key", "k", url},
      {"get", "--cacert", folder.path("none"), url},
      {"get", "-w", "%{nosuch}", url},
      {"get", "--retry", "-1", url},
      {"get", "--retry", "many", url},
      {"get", "--backoff", "-1", url},
      {"get", "--backoff", "9", "--backoff-max", "1", url},
      {"get", "--backoff-max", "0", url},
      {"get", "--jitter", "some", url},
      {"get", "--retry-on", "99", url},
      {"get", "--retry-on", "500-", url},
      {"get", "--retry-methods", "G T", url},
      {"get", "--attempt-timeout", "0", url},
      {"get", "--connect-timeout", "-1", url},
      {"get", "-m", "-1", url},
      {"get", "--max-filesize", "ten", url},
      {"get", "--resolve", "a:b", url},
      {"get", "-O", "-o", "x", url},
      {"get", "-O", server.url("/")},
  };
  for (const auto& command : wrong) {
    std::string line;
    for (const auto& word : command) line += word + " ";
    const auto finished = redial_command(command, {.working_folder = folder.path()});
    EXPECT_EQ(finished.code, 2) << line << finished.err;
    EXPECT_EQ(finished.out, "") << line;
    EXPECT_NE(finished.err, "") << line;
  }
  EXPECT_EQ(server.connections(), 0);
  EXPECT_TRUE(folder.names().empty());
}

TEST(ExitCode, AnOutputThatCannotBeWrittenIs74) {
  FaultServer server;
  server.on("", Reply{.body = std::string(100000, 'x')});
  const TemporaryFolder folder;
  const auto full = redial_command({"get", server.url()}, {.output_file = "/dev/full"});
  EXPECT_EQ(full.code, 74);
  EXPECT_NE(full.err.find("No space left"), std::string::npos) << full.err;
  const auto closed = redial_command({"get", server.url()}, {.closed_pipe = true});
  EXPECT_EQ(closed.code, 74);
  EXPECT_NE(closed.err.find("Broken pipe"), std::string::npos) << closed.err;
  EXPECT_EQ(redial_command({"get", "-N", server.url()}, {.output_file = "/dev/full"}).code, 74);
  EXPECT_EQ(redial_command({"get", "-o", "/dev/full", server.url()}).code, 74);
  EXPECT_EQ(redial_command({"get", "-o", "/dev/null", "-w", "x", server.url()},
                           {.output_file = "/dev/full"})
                .code,
            74);
  const auto before = server.count();
  EXPECT_EQ(redial_command({"get", "-o", folder.path("no/such"), server.url()}).code, 74);
  EXPECT_EQ(redial_command({"get", "--report", folder.path("no/such"), server.url()}).code, 74);
  EXPECT_EQ(server.count(), before) << "found out before anything was sent";
}

TEST(ExitCode, AReportThatCannotBeWrittenHidesNothing) {
  FaultServer server;
  server.on("", Reply{.status = 404});
  const auto finished = redial_command({"get", "--report", "/dev/full", server.url()});
  EXPECT_EQ(finished.code, 74);
  EXPECT_NE(finished.err.find("status 404"), std::string::npos) << finished.err;
  EXPECT_NE(finished.err.find("No space left"), std::string::npos) << finished.err;
}

TEST(ExitCode, CtrlCIs130AndTheReportSaysWhatIsInDoubt) {
  FaultServer server;
  server.on("/stall", Reply{.fault = Reply::Fault::stall});
  const TemporaryFolder folder;
  for (const auto& [verb, outcome] :
       {std::pair("get", "cancelled"), std::pair("post", "in_doubt")}) {
    const std::size_t before = server.count();
    Process process(
        {REDIAL_COMMAND, verb, "--report", folder.path("report"), server.url("/stall")});
    ASSERT_TRUE(server.wait_for_requests(before + 1));
    process.send_signal(SIGINT);
    const auto finished = process.wait();
    EXPECT_EQ(finished.code, 130);
    EXPECT_EQ(json::parse(content_of(folder.path("report")))["outcome"], outcome);
  }
}

// --- what is shown

TEST(Output, NothingOfAFailedAttemptIsShown) {
  FaultServer server;
  const Reply cut{.body = "half a body", .fault = Reply::Fault::cut_body, .cut_after = 4};
  server.in_turn("/x", {cut, Reply{.body = "whole"}});
  server.on("/never", cut);
  EXPECT_EQ(redial_command(quick({"get", server.url("/x")})).out, "whole");
  const auto failed = redial_command(quick({"get", server.url("/never")}));
  EXPECT_EQ(failed.code, 3);
  EXPECT_EQ(failed.out, "");
}

TEST(Output, ALargeBodyGoesThroughAFileThatHasNoName) {
  FaultServer server;
  const std::string large(9 << 20, 'x');
  server.in_turn("", {Reply{.body = large, .fault = Reply::Fault::cut_body, .cut_after = 8 << 20},
                      Reply{.body = large + "end"}});
  const TemporaryFolder folder;
  const auto finished =
      Process({"env", "TMPDIR=" + folder.path("held"), REDIAL_COMMAND, "get", server.url()}).wait();
  EXPECT_EQ(finished.code, 74) << "the folder for it is not there";
  std::filesystem::create_directory(folder.path("held"));
  const auto again =
      Process({"env", "TMPDIR=" + folder.path("held"), REDIAL_COMMAND, "get", server.url()}).wait();
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.out.size(), large.size() + 3);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path("held")));
}

TEST(Output, AFileAppearsWholeOrNotAtAll) {
  FaultServer server;
  server.on("/good/name.txt", Reply{.body = "new"});
  server.on("/cut", Reply{.body = "half", .fault = Reply::Fault::cut_body, .cut_after = 2});
  const TemporaryFolder folder;
  const std::string file = folder.file("file", "old");
  EXPECT_EQ(redial_command(quick({"get", "-o", file, server.url("/cut")})).code, 3);
  EXPECT_EQ(content_of(file), "old");
  EXPECT_EQ(redial_command({"get", "-o", file, server.url("/good/name.txt")}).code, 0);
  EXPECT_EQ(content_of(file), "new");
  EXPECT_EQ(redial_command({"get", "-O", server.url("/good/name.txt?q")},
                           {.working_folder = folder.path()})
                .code,
            0);
  EXPECT_EQ(folder.names(), (std::vector<std::string>{"file", "name.txt"}));
}

TEST(Output, AnExistingFileKeepsItsModeAndALinkItsTarget) {
  FaultServer server;
  server.on("", Reply{.body = "new"});
  const TemporaryFolder folder;
  const std::string file = folder.file("secret", "old");
  std::filesystem::permissions(
      file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::filesystem::create_symlink("secret", folder.path("link"));
  EXPECT_EQ(redial_command({"get", "-o", folder.path("link"), server.url()}).code, 0);
  EXPECT_EQ(content_of(file), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder.path("link")));
  EXPECT_EQ(std::filesystem::status(file).permissions() & std::filesystem::perms::mask,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(Output, UnbufferedShowsTheBodyAtOnceAndAFailureIsFinal) {
  FaultServer server;
  server.on("", Reply{.body = "0123456789", .fault = Reply::Fault::cut_body, .cut_after = 4});
  const auto finished = redial_command({"get", "-N", server.url()});
  EXPECT_EQ(finished.code, 3);
  EXPECT_EQ(finished.out, "0123");
  EXPECT_EQ(server.count(), 1U);

  FaultServer slow;
  slow.on("", Reply{.body = "0123456789", .fault = Reply::Fault::stall_in_body, .cut_after = 4});
  Process process({REDIAL_COMMAND, "get", "-N", slow.url()});
  while (process.out() != "0123") std::this_thread::yield();
  process.send_signal(SIGINT);
  EXPECT_EQ(process.wait().code, 130);
}

TEST(Output, MessagesGoToStandardErrorAndCanBeSilenced) {
  FaultServer server;
  server.on("/gone", Reply{.status = 404, .body = "nothing here"});
  const auto loud = redial_command({"get", server.url("/gone")});
  EXPECT_EQ(loud.out, "");
  for (const auto* words :
       {"GET ", "responded", "status 404", "permanent_status", "next:", "nothing here"}) {
    EXPECT_NE(loud.err.find(words), std::string::npos) << words << loud.err;
  }
  EXPECT_EQ(redial_command({"get", "-s", server.url("/gone")}).err, "");
  EXPECT_NE(redial_command({"get", "-s", "-S", server.url("/gone")}).err, "");
  EXPECT_EQ(redial_command({"get", "-fL", "-s", server.url("/gone")}).code, 3);
}

TEST(Output, VerboseTellsTheExchangeAndNoSecret) {
  FaultServer server;
  server.on("", Reply{.headers = {{"Set-Cookie", "s3cret"}, {"X-A", "b"}}});
  const auto finished = redial_command(
      {"get", "-v", "-u", "me:s3cret", "-b", "a=s3cret", server.url("/?token=s3cret")});
  for (const auto* words :
       {"> GET ", "> Accept: */*", "< HTTP/1.1 200 ", "< X-A: b", "> Authorization: ***"}) {
    EXPECT_NE(finished.err.find(words), std::string::npos) << words << finished.err;
  }
  EXPECT_EQ(finished.err.find("s3cret"), std::string::npos) << finished.err;
}

TEST(Output, MaxFilesizeCountsDecodedBytes) {
  FaultServer server;
  server.on("", Reply{.body = std::string(2000, 'x')});
  EXPECT_EQ(redial_command({"get", "--max-filesize", "2000", server.url()}).code, 0);
  EXPECT_EQ(redial_command({"get", "--max-filesize", "1k", server.url()}).code, 3);
  EXPECT_EQ(redial_command({"get", "--max-filesize", "2k", server.url()}).code, 0);
  const std::string coded(  // gzip of the same: 35 bytes
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\xa8\x18\x05\xa3\x60\x14\x8c\x82\x51\x30\x0a"
      "\x46\xc1\x50\x07\x00\x7a\x65\x08\x29\xd0\x07\x00\x00",
      35);
  server.on("", Reply{.headers = {{"Content-Encoding", "gzip"}}, .body = coded});
  const auto of = [&](const char* most) {
    return redial_command({"get", "--compressed", "--max-filesize", most, server.url()}).code;
  };
  EXPECT_EQ(of("1999"), 3);
  EXPECT_EQ(of("2000"), 0);
}

// --- the policy's flags

std::size_t sends(const std::string& route, const Reply& reply, std::vector<std::string> flags) {
  FaultServer server;
  server.on(route, reply);
  flags.insert(flags.begin() + 1, {"--backoff", "0"});
  flags.push_back(server.url(route));
  redial_command(flags);
  return server.count();
}

TEST(PolicyFlags, DoWhatTheySay) {
  const Reply busy{.status = 503};
  const Reply lost{.fault = Reply::Fault::close_after_read};
  EXPECT_EQ(sends("/x", busy, {"get"}), 4U);
  EXPECT_EQ(sends("/x", busy, {"get", "--retry", "2"}), 3U);
  EXPECT_EQ(sends("/x", busy, {"get", "--retry", "0"}), 1U);
  EXPECT_EQ(sends("/x", busy, {"get", "--retry-on", "500-502,504"}), 1U);
  EXPECT_EQ(sends("/x", Reply{.status = 404}, {"get", "--retry-on", "404"}), 4U);
  EXPECT_EQ(sends("/x", busy, {"get", "--retry-methods", "PUT,DELETE"}), 1U);
  EXPECT_EQ(sends("/x", lost, {"post", "-d", "x"}), 1U);
  EXPECT_EQ(sends("/x", lost, {"post", "-d", "x", "--retry-methods", "any"}), 4U);
  EXPECT_EQ(sends("/x", lost, {"post", "-d", "x", "--idempotent"}), 4U);
  EXPECT_EQ(sends("/x", lost, {"post", "-d", "x", "--idempotency-key", "auto"}), 4U);
}

TEST(PolicyFlags, AKeyIsSentWithEveryAttempt) {
  FaultServer server;
  server.in_turn("/pay",
                 {Reply{.status = 201, .fault = Reply::Fault::close_after_read, .acts = true},
                  Reply{.status = 201, .acts = true}});
  EXPECT_EQ(
      redial_command(quick({"post", "-d", "x", "--idempotency-key", "k-7", server.url("/pay")}))
          .code,
      0);
  EXPECT_EQ(server.effects(), 1);
  for (const auto& request : server.requests()) EXPECT_EQ(request.header("Idempotency-Key"), "k-7");
}

TEST(PolicyFlags, LimitsEndWhatTakesTooLong) {
  FaultServer server;
  server.on("", Reply{.fault = Reply::Fault::stall});
  const auto attempt =
      redial_command({"get", "--attempt-timeout", "0.05", "--retry", "0", server.url()});
  EXPECT_EQ(attempt.code, 3);
  EXPECT_NE(attempt.err.find("attempt_timeout"), std::string::npos) << attempt.err;
  const auto whole = redial_command({"get", "-m", "0.05", server.url()});
  EXPECT_EQ(whole.code, 3);
  EXPECT_NE(whole.err.find("deadline"), std::string::npos) << whole.err;
}

TEST(PolicyFlags, ConnectTimeoutBoundsTheHandshake) {
  FaultServer server;
  server.on_accept({FaultServer::OnAccept::stall});
  const std::string url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
  const auto finished =
      redial_command({"get", "-k", "--connect-timeout", "0.05", "--retry", "0", url});
  EXPECT_EQ(finished.code, 3);
  EXPECT_NE(finished.err.find("connect_timeout"), std::string::npos) << finished.err;
}

TEST(PolicyFlags, BackoffAndJitterAreWhatIsWaited) {
  FaultServer server;
  server.on("", Reply{.status = 503});
  const TemporaryFolder folder;
  const auto waits = [&](const char* jitter) {
    redial_command({"get", "--retry", "3", "--backoff", "0.02", "--backoff-max", "0.03", "--jitter",
                    jitter, "--report", folder.path("report"), server.url()});
    std::vector<double> seconds;
    const json report = json::parse(content_of(folder.path("report")));
    for (const auto& attempt : report["attempts"]) {
      if (attempt["wait_s"].is_number()) seconds.push_back(attempt["wait_s"]);
    }
    return seconds;
  };
  EXPECT_EQ(waits("none"), (std::vector<double>{0.02, 0.03, 0.03}));
  const auto spread = [&](const char* jitter, double least) {
    const auto seconds = waits(jitter);
    ASSERT_EQ(seconds.size(), 3U);
    for (const double one : seconds) {
      EXPECT_GE(one, least) << jitter;
      EXPECT_LE(one, 0.03) << jitter;
    }
  };
  spread("full", 0);
  spread("equal", 0.01);
  spread("decorrelated", 0.02);
}

TEST(PolicyFlags, NoRedirectReturnsIt) {
  FaultServer server;
  server.on("/a", Reply{.status = 302, .headers = {{"Location", "/b"}}, .body = "moved"});
  server.on("/b", Reply{.body = "there"});
  EXPECT_EQ(redial_command({"get", server.url("/a")}).out, "there");
  const auto stays =
      redial_command({"get", "--no-redirect", "-w", "|%{redirect_url}", server.url("/a")});
  EXPECT_EQ(stays.out, "moved|" + server.url("/b"));
  EXPECT_EQ(stays.code, 0);
  server.on("/c", Reply{.status = 302, .headers = {{"Location", "/b?sid=s3cret&token=s3cret"}}});
  const auto hidden = redial_command(
      {"get", "--no-redirect", "--redact", "sid", "-w", "%{redirect_url}", server.url("/c")});
  EXPECT_EQ(hidden.out, server.url("/b?sid=***&token=***"));
}

// --- the report

const std::set<std::string> k_call_fields{"method",    "url",         "outcome",
                                          "resend",    "stop_reason", "status",
                                          "elapsed_s", "retry_at",    "attempts"};
const std::set<std::string> k_attempt_fields{
    "n",        "url",    "evidence",          "status",    "error",    "detail", "retry_after_s",
    "decision", "wait_s", "connection_reused", "started_s", "elapsed_s"};

std::set<std::string> keys(const json& object) {
  std::set<std::string> names;
  for (const auto& [name, value] : object.items()) names.insert(name);
  return names;
}

struct FaultCase {
  const char* name;
  Reply reply;
  const char* outcome;  // of a POST
  const char* evidence;
  json status;
  json error;
  const char* stop_reason;
  const char* resend;
  int code;
};

std::ostream& operator<<(std::ostream& out, const FaultCase& one) {
  return out << one.name;
}

class ReportOf : public ::testing::TestWithParam<FaultCase> {};

TEST_P(ReportOf, APostSaysWhatHappened) {
  const FaultCase& one = GetParam();
  FaultServer server;
  server.on("/pay", one.reply);
  const TemporaryFolder folder;
  const auto finished =
      redial_command(quick({"post", "-d", "x", "--attempt-timeout", "0.3", "--report",
                            folder.path("report"), server.url("/pay")}));
  EXPECT_EQ(finished.code, one.code) << finished.err;
  const json report = json::parse(content_of(folder.path("report")));
  EXPECT_EQ(keys(report), k_call_fields);
  EXPECT_EQ(report["method"], "POST");
  EXPECT_EQ(report["url"], server.url("/pay"));
  EXPECT_EQ(report["outcome"], one.outcome);
  EXPECT_EQ(report["stop_reason"], one.stop_reason);
  EXPECT_EQ(report["resend"], one.resend);
  EXPECT_EQ(report["status"], one.status);
  EXPECT_EQ(report["retry_at"].is_null(), std::string(one.outcome) != "later");
  ASSERT_EQ(report["attempts"].size(), server.count());
  const json& last = report["attempts"].back();
  EXPECT_EQ(keys(last), k_attempt_fields);
  EXPECT_EQ(last["n"], report["attempts"].size());
  EXPECT_EQ(last["evidence"], one.evidence);
  EXPECT_EQ(last["status"], one.status);
  EXPECT_EQ(last["error"], one.error);
  EXPECT_EQ(last["decision"], "stop");
  EXPECT_TRUE(last["wait_s"].is_null());
  EXPECT_TRUE(last["connection_reused"].is_boolean());
  EXPECT_TRUE(last["elapsed_s"].is_number());
  EXPECT_TRUE(report["elapsed_s"].is_number());
}

Reply with(Reply::Fault fault, std::size_t cut_after = 0) {
  return {.body = "0123456789", .fault = fault, .cut_after = cut_after};
}

INSTANTIATE_TEST_SUITE_P(
    Faults, ReportOf,
    ::testing::Values(
        FaultCase{"ok", Reply{}, "ok", "responded", 200, nullptr, "succeeded", "unsafe", 0},
        FaultCase{"closed", with(Reply::Fault::close_after_read), "in_doubt", "maybe", nullptr,
                  "closed", "in_doubt", "unsafe", 4},
        FaultCase{"reset", with(Reply::Fault::reset_after_read), "in_doubt", "maybe", nullptr,
                  "reset", "in_doubt", "unsafe", 4},
        FaultCase{"silent", with(Reply::Fault::stall), "in_doubt", "maybe", nullptr,
                  "attempt_timeout", "in_doubt", "unsafe", 4},
        FaultCase{"cut_head", with(Reply::Fault::cut_head, 20), "in_doubt", "maybe", nullptr,
                  "head_cut", "in_doubt", "unsafe", 4},
        FaultCase{"garbage", Reply{.raw = "<html>\r\n\r\n", .close = true}, "in_doubt", "maybe",
                  nullptr, "head_malformed", "in_doubt", "unsafe", 4},
        FaultCase{"cut_body", with(Reply::Fault::cut_body, 4), "in_doubt", "responded", 200,
                  "body_cut", "body_lost", "unsafe", 4},
        FaultCase{"not_found", Reply{.status = 404}, "failed", "responded", 404, nullptr,
                  "permanent_status", "safe", 3},
        FaultCase{"error", Reply{.status = 500}, "failed", "responded", 500, nullptr,
                  "not_idempotent", "unsafe", 3},
        FaultCase{"gateway", Reply{.status = 502}, "in_doubt", "responded", 502, nullptr,
                  "not_idempotent", "unsafe", 4},
        FaultCase{"too_many", Reply{.status = 429}, "failed", "responded", 429, nullptr,
                  "attempts_exhausted", "safe", 3},
        FaultCase{"told_to_wait", Reply{.status = 429, .headers = {{"Retry-After", "900"}}},
                  "later", "responded", 429, nullptr, "retry_after_too_long", "safe", 75}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(Report, OfACallThatReachedNobody) {
  const TemporaryFolder folder;
  const std::string url = "http://127.0.0.1:" + std::to_string(refused_port()) + "/";
  EXPECT_EQ(redial_command(quick({"post", "--report", folder.path("report"), url})).code, 3);
  const json report = json::parse(content_of(folder.path("report")));
  EXPECT_EQ(report["resend"], "safe");
  EXPECT_TRUE(report["status"].is_null());
  ASSERT_EQ(report["attempts"].size(), 2U);
  EXPECT_EQ(report["attempts"][0]["evidence"], "not_sent");
  EXPECT_EQ(report["attempts"][0]["error"], "connect_refused");
  EXPECT_EQ(report["attempts"][0]["decision"], "retry");
  EXPECT_TRUE(report["attempts"][0]["wait_s"].is_number());
}

TEST(Report, OfRedirectsAndHints) {
  FaultServer server;
  server.on("/a", Reply{.status = 302, .headers = {{"Location", "/b?token=s3cret"}}});
  server.in_turn("/b", {Reply{.status = 503, .headers = {{"Retry-After", "0"}}}, Reply{}});
  const TemporaryFolder folder;
  EXPECT_EQ(
      redial_command(quick({"get", "--report", folder.path("report"), server.url("/a")})).code, 0);
  const std::string text = content_of(folder.path("report"));
  EXPECT_EQ(text.find("s3cret"), std::string::npos);
  const json attempts = json::parse(text)["attempts"];
  ASSERT_EQ(attempts.size(), 3U);
  EXPECT_EQ(attempts[0]["decision"], "redirect");
  EXPECT_EQ(attempts[1]["decision"], "retry");
  EXPECT_EQ(attempts[1]["retry_after_s"], 0.0);
  EXPECT_EQ(attempts[1]["url"], server.url("/b?token=***"));
  EXPECT_EQ(attempts[2]["decision"], "stop");
}

TEST(Report, GoesToStandardOutputWhenAsked) {
  FaultServer server;
  server.on("", Reply{});
  const auto finished = redial_command({"get", "--report", "-", server.url()});
  EXPECT_EQ(json::parse(finished.out)["outcome"], "ok");
}

TEST(Help, StatesTheThreeExceptionsAndListsEveryFlag) {
  const std::string help = redial_command({"get", "--help"}).out;
  for (const auto* words : {"-m/--max-time bounds the whole call",
                            "--max-filesize counts",
                            "--retry N defaults to 3",
                            "-X",
                            "-H",
                            "-d",
                            "--data-binary",
                            "--data-urlencode",
                            "-G",
                            "--json",
                            "-u",
                            "-A",
                            "-e",
                            "-b",
                            "-o",
                            "-O",
                            "-i",
                            "-I",
                            "-s",
                            "-S",
                            "-v",
                            "-k",
                            "--cacert",
                            "--cert",
                            "--key",
                            "--compressed",
                            "--connect-timeout",
                            "--resolve",
                            "-w",
                            "-L",
                            "-f",
                            "-N",
                            "--backoff",
                            "--backoff-max",
                            "--jitter",
                            "--retry-on",
                            "--retry-methods",
                            "--attempt-timeout",
                            "--idempotency-key",
                            "--idempotent",
                            "--no-redirect",
                            "--report"}) {
    EXPECT_NE(help.find(words), std::string::npos) << words;
  }
}

}  // namespace
