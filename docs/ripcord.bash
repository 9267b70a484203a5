# Completion of ripcord for bash.

_ripcord_tags() {
    ripcord list --tags 2>/dev/null
}

_ripcord() {
    local cur prev words cword command options
    if declare -F _init_completion >/dev/null; then
        _init_completion || return
    else
        cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} cword=$COMP_CWORD
        words=("${COMP_WORDS[@]}")
    fi
    if ((cword == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "run list check serve call points version --help --version" -- "$cur")
        return
    fi
    command=${words[1]}

    case $prev in
    -w | --world)
        mapfile -t COMPREPLY < <(compgen -W "sim live" -- "$cur")
        return
        ;;
    -r | --release)
        mapfile -t COMPREPLY < <(compgen -W "2.6 3.4" -- "$cur")
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
    --record | -I | --include)
        mapfile -t COMPREPLY < <(compgen -d -- "$cur")
        return
        ;;
    --report | --junit | -p | --proto | -d | --descriptors)
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
        ;;
    -s | --seed | -n | --repeat | --speed | --tolerance | -j | --jobs | --wall | -f | --filter | \
        -l | --listen | --handlers | -c | --conf | --service | --version | -u | --user | --timeout)
        return
        ;;
    esac

    case $command in
    run)
        options="--world --release --filter --tag --seed --repeat --rough --twice --speed
            --tolerance --threads --jobs --wall --record --report --junit --tap --quiet --verbose
            --colour --help"
        ;;
    list) options="--world --release --filter --tag --tags --json --help" ;;
    serve) options="--listen --release --handlers --conf --filter --threads --verbose --help" ;;
    call)
        options="--proto --include --descriptors --service --version --user --timeout --release
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
    serve)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -W "test namenode" -- "$cur"; compgen -d -- "$cur"
            compgen -f -X '!*.lua' -- "$cur")
        ;;
    esac
}

complete -F _ripcord ripcord
