#pragma once

#include <stop_token>
#include <thread>

#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

/// The report of a call, however it ended.
inline const redial::CallReport& report_of(const redial::Result<redial::Response>& result) {
  return result ? result->report() : result.error().report();
}

/// One adapter for all URLs.
inline void mount_everywhere(redial::Session& session, const redial::Adapter& adapter) {
  session.mount("http://", adapter);
  session.mount("https://", adapter);
}

/// Requests a stop as soon as the server has read a request.
class StopAfterFirstRequest {
 public:
  explicit StopAfterFirstRequest(const redial::testing::FaultServer& server)
      : watcher_([this, &server] {
          server.wait_for_requests(1);
          stop_.request_stop();
        }) {}

  std::stop_token token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::jthread watcher_;
};
