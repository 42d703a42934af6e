#compdef pipeline
# Completion of `pipeline` for zsh: source <(pipeline completion zsh), after compinit.
# All that is known is asked of the program itself.

_pipeline() {
    local line kind
    local -a said ended open asked
    asked=("${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}")
    said=("${(@f)$(${(Q)~words[1]} complete -- "${(@)asked}" 2>/dev/null)}")
    for line in "${(@)said}"; do
        if [[ -z $line ]]; then
            kind=next
        elif [[ -n $kind ]]; then
            kind=$line
        elif [[ ${line%%$'\t'*} == *[=.] ]]; then
            open+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
        else
            ended+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
        fi
    done
    (( $#ended )) && _describe -V pipeline ended
    (( $#open )) && _describe -V pipeline open -S ''
    [[ -n $kind ]] && compset -P '*='
    [[ $kind == files ]] && _files
    [[ $kind == folders ]] && _files -/
    return 0
}

# As a file of fpath this is the function itself; sourced, it says what it completes.
if [[ ${funcstack[1]} == _pipeline ]]; then _pipeline "$@"; else compdef _pipeline pipeline; fi
