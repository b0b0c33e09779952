#pragma once

/// The asynchronous client: `AsyncSession`, fan-out, and a coroutine type for programs without one.

#include <redial/async/async_session.hpp>
#include <redial/async/fan_out.hpp>
#include <redial/async/sending.hpp>
#include <redial/async/task.hpp>
#include <redial/redial.hpp>
