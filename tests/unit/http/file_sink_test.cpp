#include <redial/http/file_sink.hpp>

#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "temporary_folder.hpp"

namespace {

using namespace redial;
using redial_tests::content_of;
using redial_tests::put;

class FileSinks : public ::testing::Test {
 protected:
  static mode_t mode_of(const std::filesystem::path& file) {
    struct stat status {};
    stat(file.c_str(), &status);
    return status.st_mode & 07777;
  }
  redial_tests::TemporaryFolder folder;
  std::filesystem::path file = folder / "f";
};

TEST_F(FileSinks, TakeTheFilesPlaceWhenTheBodyIsWhole) {
  put(file, "old");
  FileSink sink(file);
  sink.begin({});
  sink.write("ne");
  sink.write("w");
  EXPECT_EQ(content_of(file), "old");
  sink.commit();
  EXPECT_EQ(content_of(file), "new");
  EXPECT_EQ(folder.entries(), 1);
}

TEST_F(FileSinks, LeaveNothingBehindWhenTheCallFails) {
  put(file, "old");
  {
    FileSink sink(file);
    sink.begin({});
    sink.write("half");
    EXPECT_EQ(folder.entries(), 2);
    sink.abandon();
    EXPECT_EQ(folder.entries(), 1);
    sink.begin({});
    sink.write("half");
  }
  EXPECT_EQ(folder.entries(), 1);
  EXPECT_EQ(content_of(file), "old");
}

TEST_F(FileSinks, BeginAgainFromNothing) {
  FileSink sink(file);
  sink.begin({});
  sink.write("first");
  sink.abandon();
  sink.begin({});
  sink.write("2nd");
  sink.begin({});
  sink.write("3");
  sink.commit();
  EXPECT_EQ(content_of(file), "3");
}

TEST_F(FileSinks, ServeOneCallAfterAnother) {
  FileSink sink(file);
  for (const auto* content : {"one", "two"}) {
    sink.begin({});
    sink.write(content);
    sink.commit();
    EXPECT_EQ(content_of(file), content);
  }
}

TEST_F(FileSinks, KeepTheModeOfWhatTheyReplaceAndTakeTheUmaskOtherwise) {
  put(file, "old");
  chmod(file.c_str(), 0640);
  const mode_t before = umask(027);
  for (const auto& path : {file, folder / "new"}) {
    FileSink sink(path);
    sink.begin({});
    sink.commit();
  }
  umask(before);
  EXPECT_EQ(mode_of(file), 0640U);
  EXPECT_EQ(mode_of(folder / "new"), 0640U);
}

TEST_F(FileSinks, WriteThroughLinks) {
  put(folder / "target", "old");
  std::filesystem::create_symlink("target", file);
  FileSink sink(file);
  sink.begin({});
  sink.write("new");
  sink.commit();
  EXPECT_TRUE(std::filesystem::is_symlink(file));
  EXPECT_EQ(content_of(folder / "target"), "new");
}

TEST_F(FileSinks, WriteAPipeAsItIsAndCannotTakeItBack) {
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
  std::string taken;
  std::thread reader([&] { taken = content_of(file); });
  {
    FileSink sink(file);
    EXPECT_FALSE(sink.can_abandon());
    EXPECT_FALSE(sink.can_continue());
    sink.begin({});
    sink.write("piped");
    sink.commit();
  }
  reader.join();
  EXPECT_EQ(taken, "piped");
}

TEST_F(FileSinks, NameTheFileThatCannotBeWritten) {
  try {
    FileSink sink(folder / "no/such/place");
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory);
    EXPECT_NE(std::string(error.what()).find("no/such/place"), std::string::npos);
  }
}

TEST_F(FileSinks, DoNotPassAFullDiskForSuccess) {
  FileSink sink("/dev/full");
  sink.begin({});
  EXPECT_THROW(sink.write("x"), std::system_error);
}

}  // namespace
