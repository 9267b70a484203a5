# Completion of ripcord for bash.

_ripcord_tags() {
    ripcord list --tags 2>/dev/null
}

_ripcord() {
    local cur prev words cword command options exports captures
    if declare -F _init_completion >/dev/null; then
        _init_completion || return
    else
        cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} cword=$COMP_CWORD
        words=("${COMP_WORDS[@]}")
    fi
    if ((cword == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "run report compare list check serve call points version --help --version" -- "$cur")
        return
    fi
    command=${words[1]}

    case $prev in
    -w | --world)
        mapfile -t COMPREPLY < <(compgen -W "sim live" -- "$cur")
        return
        ;;
    -r | --release)
        mapfile -t COMPREPLY < <(compgen -W "0.20 1.2 2.2 2.6 3.4" -- "$cur")
        return
        ;;
    --colour)
        mapfile -t COMPREPLY < <(compgen -W "auto always never" -- "$cur")
        return
        ;;
    --tag)
        mapfile -t COMPREPLY < <(compgen -W "$(_ripcord_tags)" -- "$cur")
        return
        ;;
    -t)
        [[ $command == call ]] ||
            mapfile -t COMPREPLY < <(compgen -W "$(_ripcord_tags)" -- "$cur")
        return
        ;;
    --record | --baseline | -I | --include)
        mapfile -t COMPREPLY < <(compgen -d -- "$cur")
        return
        ;;
    --report | --junit | --pcap | --perfetto | -p | --proto | -d | --descriptors | --types)
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
        ;;
    -s | --seed | -n | --repeat | --speed | --tolerance | -j | --jobs | --wall | -f | --filter | \
        -l | --listen | --handlers | -c | --conf | --service | --version | -u | --user | --timeout)
        return
        ;;
    esac

    exports="--report --junit --junit-strict --tap --annotate"
    captures="--pcap --perfetto --baseline"
    case $command in
    run)
        options="--world --release --filter --tag --seed --repeat --rough --twice --speed
            --tolerance --threads --jobs --wall --record $exports $captures --quiet --verbose
            --colour --help"
        ;;
    report) options="$exports $captures --help" ;;
    compare) options="$exports --help" ;;
    list) options="--world --release --filter --tag --tags --json --help" ;;
    serve) options="--listen --release --handlers --conf --filter --threads --verbose --help" ;;
    call)
        options="--proto --include --descriptors --types --service --version --user --timeout --release
            --conf --help"
        ;;
    points) options="--json --help" ;;
    *) options="--help" ;;
    esac
    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
        return
    fi
    case $command in
    run | list | check)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -d -- "$cur"; compgen -f -X '!*.lua' -- "$cur")
        ;;
    report | compare)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -d -- "$cur"; compgen -f -X '!*.jsonl' -- "$cur")
        ;;
    serve)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -W "test namenode datanodes jobtracker" -- "$cur"; compgen -d -- "$cur"
            compgen -f -X '!*.lua' -- "$cur")
        ;;
    esac
}

complete -F _ripcord ripcord
