# Sourced by what builds a Java twin, after folder=… (absolute) is set.

# Of JVMs that live for seconds: their best compiler would come too late.
quick='-XX:TieredStopAtLevel=1 -XX:+UseSerialGC'

# need PROGRAM…: what this machine lacks skips the build.
need() {
    for program in "$@"; do
        if ! command -v "$program" >/dev/null; then
            echo "skipped: there is no program '$program' here"
            exit 77
        fi
    done
}

# fetch POM [-Dkey=value]: the jars that it names, once, into $folder/lib.
fetch() {
    pom=$1
    shift
    [ -f "$folder/fetched" ] && return
    if ! MAVEN_OPTS="${MAVEN_OPTS:-} $quick" mvn -q -B -f "$pom" "$@" dependency:copy-dependencies \
        -DoutputDirectory="$folder/lib"; then
        echo "skipped: the jars can't be fetched"
        exit 77
    fi
    touch "$folder/fetched"
}

# done_before FILE…: whether the twin was made of just these files.
done_before() {
    stamp=$(cat "$@" | cksum)
    [ "$(cat "$folder/stamp" 2>/dev/null)" = "$stamp" ]
}

# compile FILE…: into $folder/classes.
compile() {
    javac $(printf ' -J%s' $quick) -proc:none -nowarn -Xlint:none -d "$folder/classes" -cp "$folder/lib/*" "$@" \
        2>"$folder/javac.log" ||
        { cat "$folder/javac.log" >&2; exit 1; }
}

# launcher NAME [OPTION…]: twin.jar of what was compiled, and the program itself.  What it loads is
# kept in an archive (JDK 13 and later), to start faster.
launcher() {
    program=$folder/$1
    shift
    jar -cf "$folder/twin.jar" -C "$folder/classes" .
    {
        echo '#!/bin/sh'
        echo 'here=$(cd "$(dirname "$0")" && pwd)'
        echo 'export LC_ALL=C.UTF-8 # of its words, whoever calls it'
        echo 'exec java "${TWIN_JAVA:--XX:SharedArchiveFile=$here/twin.jsa}" \'
        echo "    $quick $* -cp \"\$here/twin.jar:\$here/lib/*\" org.ripcord.Twin \"\$@\""
    } >"$program"
    chmod +x "$program"
    rm -f "$folder/twin.jsa"
    TWIN_JAVA="-XX:ArchiveClassesAtExit=$folder/twin.jsa" "$program" rehearse >"$folder/java.log" 2>&1 ||
        { cat "$folder/java.log" >&2; exit 1; }
    echo "$stamp" >"$folder/stamp"
}
