#include "self_description.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include <redial/version.hpp>

#include "errors.hpp"

namespace redial::cli {
namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  std::vector<const CLI::App*> shown;
  for (const CLI::App* const command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!command->get_group().empty()) shown.push_back(command);  // no group: hidden
  }
  return shown;
}

std::vector<const CLI::Option*> options_of(const CLI::App& app) {
  std::vector<const CLI::Option*> shown;
  for (const CLI::Option* const option : app.get_options()) {
    if (!option->get_positional() && !option->get_group().empty()) shown.push_back(option);
  }
  return shown;
}

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

std::vector<std::string> spellings(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const auto& name : option.get_snames()) names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const auto& word : words) {
    if (!text.empty()) text += between;
    text += word;
  }
  return text;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

// --- the man page

std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else if (c == '^') {
      out += "\\(ha";
    } else if (c == '~') {
      out += "\\(ti";
    } else {
      out += c;
    }
  }
  return out;
}

std::string positionals(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* const option : command.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name = "\\fI" + roff(option->get_name(true)) + "\\fR";
    text += option->get_required() ? " " + name : " [" + name + "]";
  }
  return text;
}

// The verbs share their options: what is the same is told once.
std::string signature(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* const option : options_of(command)) text += option->get_name(false, true);
  return text;
}

std::string option_entry(const CLI::Option& option) {
  std::string names = "\\fB" + roff(joined(spellings(option), "\\fR, \\fB")) + "\\fR";
  names = replaced(std::move(names), "\\efR, \\efB", "\\fR, \\fB");
  if (takes_value(option)) names += " \\fI" + roff(option.get_type_name()) + "\\fR";
  return ".TP\n" + names + "\n" + roff(option.get_description()) + "\n";
}

std::string option_section(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> names;
  names.reserve(commands.size());
  for (const CLI::App* const command : commands) names.push_back(command->get_name());
  std::string text = ".SH OPTIONS OF " + roff(joined(names, ", ")) + "\n";
  std::vector<std::string> groups;
  for (const CLI::Option* const option : options_of(*commands.front())) {
    if (std::find(groups.begin(), groups.end(), option->get_group()) == groups.end())
      groups.push_back(option->get_group());
  }
  for (const auto& group : groups) {
    text += ".SS " + roff(group) + "\n";
    for (const CLI::Option* const option : options_of(*commands.front())) {
      if (option->get_group() == group) text += option_entry(*option);
    }
  }
  return text;
}

// --- completion

std::string plain(std::string_view description) {
  std::string text(description.substr(0, description.find('\n')));
  for (const char c : {'\'', '"', '`', '$', '[', ']', '\\', ':'}) std::erase(text, c);
  return text;
}

std::string bash_script(const CLI::App& app) {
  std::vector<std::string> names;
  std::string cases;
  for (const CLI::App* const command : commands_of(app)) {
    names.push_back(command->get_name());
    std::vector<std::string> words;
    for (const CLI::Option* const option : options_of(*command)) {
      for (auto& name : spellings(*option)) words.push_back(std::move(name));
    }
    for (const CLI::App* const nested : commands_of(*command)) words.push_back(nested->get_name());
    cases += "    " + command->get_name() + ") words='" + joined(words, " ") + "' ;;\n";
  }
  return "# bash completion for redial: made by `redial completion bash`\n"
         "_redial() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} words=\n"
         "  case ${COMP_WORDS[1]} in\n" +
         cases +
         "  esac\n"
         "  if [ \"$COMP_CWORD\" = 1 ]; then\n"
         "    words='" +
         joined(names, " ") +
         " --help --version'\n"
         "  fi\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
         "}\n"
         "complete -o default -F _redial redial\n";
}

std::string zsh_script(const CLI::App& app) {
  std::string commands;
  std::string cases;
  for (const CLI::App* const command : commands_of(app)) {
    commands += "      '" + command->get_name() + ":" + plain(command->get_description()) + "'\n";
    cases += "    " + command->get_name() + ")\n      _arguments -s";
    for (const CLI::Option* const option : options_of(*command)) {
      for (const auto& name : spellings(*option)) {
        cases += " \\\n        '*" + name + "[" + plain(option->get_description()) + "]" +
                 (takes_value(*option) ? ":value:_files" : "") + "'";
      }
    }
    std::vector<std::string> nested;
    for (const CLI::App* const one : commands_of(*command)) nested.push_back(one->get_name());
    cases += nested.empty() ? " \\\n        '*:argument:_files' ;;\n"
                            : " \\\n        '1:command:(" + joined(nested, " ") +
                                  ")' '*:argument:_files' ;;\n";
  }
  return "#compdef redial\n"
         "# zsh completion for redial: made by `redial completion zsh`\n"
         "_redial() {\n"
         "  if (( CURRENT == 2 )); then\n"
         "    local -a commands=(\n" +
         commands +
         "    )\n"
         "    _describe command commands\n"
         "    return\n"
         "  fi\n"
         "  local command=$words[2]\n"
         "  shift words\n"
         "  (( CURRENT-- ))\n"
         "  case $command in\n" +
         cases +
         "  esac\n"
         "}\n"
         "_redial \"$@\"\n";
}

std::string fish_script(const CLI::App& app) {
  std::string text = "# fish completion for redial: made by `redial completion fish`\n";
  for (const CLI::App* const command : commands_of(app)) {
    const std::string& name = command->get_name();
    text += "complete -c redial -n __fish_use_subcommand -a " + name + " -d '" +
            plain(command->get_description()) + "'\n";
    const std::string within = "complete -c redial -n '__fish_seen_subcommand_from " + name + "'";
    for (const CLI::Option* const option : options_of(*command)) {
      text += within;
      for (const auto& letter : option->get_snames()) text += " -s " + letter;
      for (const auto& word : option->get_lnames()) text += " -l " + word;
      if (takes_value(*option)) text += " -r";
      text += " -d '" + plain(option->get_description()) + "'\n";
    }
    for (const CLI::App* const nested : commands_of(*command)) {
      text +=
          within + " -a " + nested->get_name() + " -d '" + plain(nested->get_description()) + "'\n";
    }
  }
  return text;
}

}  // namespace

std::string man_page(const CLI::App& app) {
  std::string text = ".TH REDIAL 1 \"\" \"redial " REDIAL_VERSION "\" \"User Commands\"\n";
  text += ".SH NAME\nredial \\- make HTTP calls finish well\n";
  text += ".SH SYNOPSIS\n";
  std::vector<std::pair<std::string, std::vector<const CLI::App*>>> alike;
  std::string commands;
  for (const CLI::App* const command : commands_of(app)) {
    const std::string call = "\\fBredial " + roff(command->get_name()) + "\\fR [\\fIoptions\\fR]" +
                             positionals(*command);
    text += call + "\n.br\n";
    commands += ".TP\n\\fB" + roff(command->get_name()) + "\\fR\n" +
                roff(command->get_description()) + "\n";
    const std::string same = signature(*command);
    auto found = std::find_if(alike.begin(), alike.end(),
                              [&](const auto& entry) { return entry.first == same; });
    if (found == alike.end())
      found = alike.insert(alike.end(), {same, std::vector<const CLI::App*>()});
    found->second.push_back(command);
    for (const CLI::App* const nested : commands_of(*command)) {
      commands += ".TP\n\\fB" + roff(command->get_name() + " " + nested->get_name()) + "\\fR\n" +
                  roff(nested->get_description()) + "\n";
      alike.push_back({"nested " + nested->get_name(), {nested}});
    }
  }
  text += ".SH DESCRIPTION\n" + roff(app.get_description()) + "\n";
  text += ".SH COMMANDS\n" + commands;
  for (const auto& [same, together] : alike) {
    if (!options_of(*together.front()).empty()) text += option_section(together);
  }
  text += ".SH NOTES\n" + roff(app.get_footer()) + "\n";
  text += ".SH SEE ALSO\n\\fBcurl\\fR(1)\n";
  return text;
}

std::string completion_script(const CLI::App& app, const std::string& shell) {
  if (shell == "bash") return bash_script(app);
  if (shell == "zsh") return zsh_script(app);
  if (shell == "fish") return fish_script(app);
  throw UsageError("completion: there is one for bash, zsh and fish, not for " + shell);
}

}  // namespace redial::cli
