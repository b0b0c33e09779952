#pragma once

/// Everything a program that makes HTTP calls needs. Opt-in beside it: redial/json.hpp,
/// redial/testing/*.

#include <redial/http/cookies.hpp>
#include <redial/http/file_sink.hpp>
#include <redial/http/multipart.hpp>
#include <redial/http/request.hpp>
#include <redial/http/response.hpp>
#include <redial/observe/observer.hpp>
#include <redial/policy/guards.hpp>
#include <redial/policy/host_gate.hpp>
#include <redial/policy/policy.hpp>
#include <redial/policy/rate_limiter.hpp>
#include <redial/policy/report.hpp>
#include <redial/policy/retry.hpp>
#include <redial/policy/timeouts.hpp>
#include <redial/session/adapter.hpp>
#include <redial/session/errors.hpp>
#include <redial/session/netrc.hpp>
#include <redial/session/options.hpp>
#include <redial/session/policy_file.hpp>
#include <redial/session/policy_lint.hpp>
#include <redial/session/session.hpp>
#include <redial/version.hpp>
