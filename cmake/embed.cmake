# Write a file's bytes as a C array:
#     cmake -DINPUT=file -DOUTPUT=file.c -DSYMBOL=name -P embed.cmake
# It defines `const uint8_t name[]`, with a NUL behind the bytes, and `const size_t name_length`.
file(READ ${INPUT} bytes HEX)
string(LENGTH "${bytes}" length)
math(EXPR length "${length} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${OUTPUT}
    "#include <stddef.h>\n#include <stdint.h>\n"
    "extern const uint8_t ${SYMBOL}[];\nextern const size_t ${SYMBOL}_length;\n"
    "const uint8_t ${SYMBOL}[] = {${bytes}0};\nconst size_t ${SYMBOL}_length = ${length};\n")
