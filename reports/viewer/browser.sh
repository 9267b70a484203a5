# browser: the name of a Chromium that starts, or nothing.  Ubuntu's package of that name is a stub
# that asks for snap and does not.
browser=
for name in chromium chromium-browser google-chrome; do
    "$name" --version >/dev/null 2>&1 && browser=$name && break
done
