#include "collected_body.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include "errors.hpp"

namespace {

using namespace redial;
using namespace redial::cli;

std::string text(const Body& body) {
  std::string content;
  const auto reader = body.open();
  char piece[1000];
  while (const auto count = reader->read(piece, sizeof piece)) content.append(piece, count);
  return content;
}

TEST(CollectedBody, IsInMemoryWhileItIsSmall) {
  CollectedBody collected;
  collected.append("a");
  collected.append(std::string(CollectedBody::k_in_memory - 1, 'b'));
  const Body body = collected.take();
  EXPECT_FALSE(body.streamed());
  EXPECT_EQ(body.length(), CollectedBody::k_in_memory);
  EXPECT_EQ(text(collected.take()), "");
}

TEST(CollectedBody, IsAFileBeyondThatBoundedAsOneAndSentAgain) {
  CollectedBody collected;
  std::string all(CollectedBody::k_in_memory, 'a');
  collected.append(all);
  collected.append("bc");
  all += "bc";
  const Body body = collected.take();
  EXPECT_TRUE(body.streamed()) << "the idle limit rules it, not the attempt's";
  EXPECT_EQ(body.length(), all.size());
  for (int attempt = 0; attempt < 3; ++attempt) {
    EXPECT_TRUE(body.replayable());
    body.rewind();
    EXPECT_EQ(text(body), all);
  }
  const Body joined = Body::joined({Body::bytes("<"), body, Body::bytes(">")});
  EXPECT_TRUE(joined.replayable());
  EXPECT_EQ(text(joined), "<" + all + ">");
}

TEST(CollectedBody, SaysWhereThereIsNoRoomForIt) {
  const char* const usual = std::getenv("TMPDIR");
  const std::string before = usual == nullptr ? "" : usual;
  setenv("TMPDIR", "/nonexistent", 1);
  CollectedBody collected;
  try {
    collected.append(std::string(CollectedBody::k_in_memory + 1, 'a'));
    ADD_FAILURE();
  } catch (const OutputError& error) {
    EXPECT_NE(std::string(error.what()).find("TMPDIR=/nonexistent"), std::string::npos);
  }
  usual == nullptr ? unsetenv("TMPDIR") : setenv("TMPDIR", before.c_str(), 1);
}

TEST(NamedBody, IsTheFileOrWhatCanBeRead) {
  std::string folder = (std::filesystem::temp_directory_path() / "redial-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string file = folder + "/file";
  std::ofstream(file) << "content";
  EXPECT_TRUE(named_body("-x", file).streamed());
  EXPECT_EQ(text(named_body("-x", file)), "content");
  std::ofstream(folder + "/empty");
  EXPECT_EQ(named_body("-x", folder + "/empty").length(), 0U);
  EXPECT_EQ(named_body("-x", "/dev/null").length(), 0U);
  EXPECT_NE(text(named_body("-x", "/proc/self/status")).find("Pid:"), std::string::npos);
  EXPECT_THROW(named_body("-x", folder), UsageError);
  EXPECT_THROW(named_body("-x", folder + "/none"), UsageError);
  std::filesystem::remove_all(folder);
}

}  // namespace
