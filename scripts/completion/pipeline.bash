# Completion of `pipeline` for bash: source <(pipeline completion bash)
# All that is known is asked of the program itself.

_pipeline() {
    # bash cuts words at '=' and ':'; what has no blank before it belongs to the word before.
    local words=() rest=${COMP_LINE:0:COMP_POINT} i word blanks
    for ((i = 0; i <= COMP_CWORD; i++)); do
        blanks=${rest%%[![:blank:]]*}
        rest=${rest#"$blanks"}
        word=${COMP_WORDS[i]}
        ((i == COMP_CWORD)) && word=$rest
        rest=${rest#"$word"}
        if ((i == 0)) || [[ -n $blanks ]]; then words+=("$word"); else words[-1]+=$word; fi
    done
    local current=${words[-1]} program=${words[0]/#\~/$HOME}

    COMPREPLY=()
    local line kind=
    while IFS= read -r line; do
        if [[ -z $line ]]; then kind=next; elif [[ -n $kind ]]; then kind=$line
        else COMPREPLY+=("${line%%$'\t'*}"); fi
    done < <("$program" complete -- "${words[@]:1}" 2>/dev/null)

    # Candidates are whole words; bash puts in only what comes after its last cut.
    local before=
    if [[ $current == *[=:]* && $COMP_WORDBREAKS == *=* ]]; then
        before=${current%"${current##*[=:]}"}
        COMPREPLY=("${COMPREPLY[@]#"$before"}")
    fi
    local path=${current#*=}
    [[ $kind == files ]] && mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$path")
    [[ $kind == folders ]] && mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$path")
    [[ -n $kind ]] && compopt -o filenames 2>/dev/null
    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=.] ]] && compopt -o nospace 2>/dev/null
    return 0
}

complete -F _pipeline pipeline
