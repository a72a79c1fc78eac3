#include <memory>

#include "cli/completion.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace evensweep {
namespace {

// readline takes "=" and ":" for the end of a word, so what is before them is taken off the candidates.
constexpr const char* kBash = R"sh(# bash completion for evensweep: eval "$(evensweep completion bash)" in ~/.bashrc
_evensweep() {
  local value text files='' line="${COMP_LINE:0:COMP_POINT}"
  local word="${line##*[[:space:]]}" cut
  cut="${word%"${word##*[=:]}"}"
  COMPREPLY=()
  while IFS=$'\t' read -r value text; do
    case $value in
      :files) files=default ;;
      :folders) files=dirnames ;;
      ?*)
        COMPREPLY+=("${value#"$cut"}")
        [[ $value != *[=/] ]] || compopt -o nospace
        ;;
    esac
  done < <("${COMP_WORDS[0]}" __complete line "$line" 2>/dev/null)
  [[ -z $files ]] || compopt -o filenames -o "$files"
  if [[ $files == default && ${#COMPREPLY[@]} -gt 0 ]]; then
    while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "${word#"$cut"}")
  fi
}
complete -F _evensweep evensweep
)sh";

constexpr const char* kZsh = R"sh(#compdef evensweep
# zsh completion for evensweep: source <(evensweep completion zsh) in ~/.zshrc, behind compinit
_evensweep() {
  local line value
  local -a given open
  for line in "${(@f)$("${words[1]}" __complete words "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    value="${line%%$'\t'*}"
    case $value in
      '') ;;
      :files) _files ;;
      :folders) _files -/ ;;
      *[=/]) open+=("${value//:/\\:}:${line#*$'\t'}") ;;
      *) given+=("${value//:/\\:}:${line#*$'\t'}") ;;
    esac
  done
  (( $#open )) && _describe -V evensweep open -S ''
  (( $#given )) && _describe -V evensweep given
}
if [[ ${funcstack[1]} == _evensweep ]]; then
  _evensweep "$@"
else
  compdef _evensweep evensweep
fi
)sh";

constexpr const char* kFish = R"sh(# fish completion for evensweep, for ~/.config/fish/config.fish:
# evensweep completion fish | source
function __evensweep_complete
    set -l given (commandline -opc) (commandline -ct)
    for line in ($given[1] __complete words $given[2..-1] 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path (commandline -ct)
            case :folders
                __fish_complete_directories (commandline -ct)
            case '*'
                echo $line
        end
    end
end
complete -c evensweep -f -a '(__evensweep_complete)'
)sh";

}  // namespace

void add_completion(CLI::App& app, int& exit_code) {
  auto shell = std::make_shared<std::string>();
  CLI::App* verb = app.add_subcommand("completion", "Print the script that completes command lines in a shell");
  verb->footer(
      "Examples:\n"
      "  eval \"$(evensweep completion bash)\"    for ~/.bashrc\n"
      "  source <(evensweep completion zsh)     for ~/.zshrc, behind compinit\n"
      "  evensweep completion fish | source     for ~/.config/fish/config.fish\n"
      "Verbs, options and their values are completed, and sweeps, trials and agents from the coordinator that the line "
      "names, if it answers within half a second.");
  verb->add_option("shell", *shell, "The shell")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  run_verb(*verb, exit_code, [shell]() -> StatusOr<int> {
    EV_RETURN_IF_ERROR(print(*shell == "bash" ? kBash : *shell == "zsh" ? kZsh : kFish));
    return 0;
  });
}

}  // namespace evensweep
