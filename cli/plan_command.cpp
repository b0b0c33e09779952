#include "plan_command.hpp"

#include <memory>
#include <utility>

#include <unistd.h>

#include "errors.hpp"
#include "exit_codes.hpp"
#include "output.hpp"
#include "run_command.hpp"
#include "run_plan.hpp"
#include "session/session_access.hpp"

namespace redial::cli {
namespace {

RunPlan plan_of(const CallSetup& setup) {
  std::vector<PlannedPolicy> policies{planned_policy("", setup.adapter)};
  for (const auto& [prefix, adapter] : setup.routes) {
    policies.push_back(planned_policy(prefix, adapter));
    policies.back().shares_rate = adapter.guard != nullptr && adapter.guard == setup.adapter.guard;
  }
  return RunPlan(std::move(policies));
}

// The engine's own rule, over what it makes of the job.
Safety safety_of(const detail::CallPlan& plan) {
  const Idempotent said = plan.options->idempotent;
  CallTraits traits{.method_allowed = plan.policy->allows(plan.request->method),
                    .declared = said == Idempotent::yes,
                    .forbidden = said == Idempotent::no};
  if (traits.may_repeat()) return Safety::repeatable;
  traits.keyed = !plan.key.empty();
  return traits.may_repeat() ? Safety::keyed : Safety::once;
}

}  // namespace

int plan_jobs(const RunFlags& flags, const Interrupt& interrupt) {
  if (flags.stream) throw UsageError("--stream: a plan reads all of the input first");
  CallSetup setup = checked_setup(flags);
  const LineRanges lines = lines_of(flags);
  RunPlan plan = plan_of(setup);
  Session session = make_session(setup);
  const RunOptions options(setup.options);
  CheckProgress progress(flags);
  const auto add = [&](const Job& job) {
    if (!lines.contains(job.line)) return;
    JobCall sent = options.call_of(Job(job));
    const auto call = detail::SessionAccess::plan(session, std::move(sent.request),
                                                  std::move(sent.options), sent.key);
    if (call) {
      plan.add(call->request->url, call->request->method, safety_of(*call));
    } else {
      plan.unsent("line " + std::to_string(job.line) + ", job " + printable(job.id) + ": " +
                  call.error().what());
    }
  };
  const JobFile jobs(flags.jobs,
                     {.format = JobFormat(flags.input),
                      .refused = [&](std::string why) { plan.refuse(std::move(why)); }},
                     interrupt, progress.each(add));
  const std::string name = flags.jobs == "-" ? "standard input" : printable(flags.jobs);
  write_all(STDOUT_FILENO, flags.plan_as_json ? plan_json(plan) : plan_text(plan, name),
            "standard output");
  if (plan.refused().count > 0) return k_usage;
  return plan.unsent().count > 0 ? k_failed : k_ok;
}

}  // namespace redial::cli
