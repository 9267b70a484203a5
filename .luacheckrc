std = "lua54"
max_line_length = 130
read_globals = {
    "scenario", "ms", "include", "roles", "writable", "protocol",
    "any", "has", "starts", "between", "at_least", "at_most", "one_of",
}
files["cmake"] = { read_globals = {} }
files["harness/library"] = { max_line_length = false, global = false, unused = false, unused_args = false }
files["docs/hrpc.lua"] = { read_globals = {
    "Field", "Proto", "ProtoField", "Pref", "Dissector", "DissectorTable", "DESEGMENT_ONE_MORE_SEGMENT", "base",
} }
