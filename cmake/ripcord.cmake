# How a room of ripcord is built.  A folder's CMakeLists.txt only lists and links.

option(RIPCORD_STATIC "link the libraries into the program: a process begins in two thirds of the time" OFF)
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(FIU REQUIRED IMPORTED_TARGET libfiu) # never static: fiu-run drives the shared one
if(RIPCORD_STATIC)
    set(CMAKE_FIND_LIBRARY_SUFFIXES .a .so)
endif()
pkg_check_modules(EVENT REQUIRED IMPORTED_TARGET libevent_core libevent_pthreads)
pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c)
pkg_check_modules(LUA REQUIRED IMPORTED_TARGET lua5.4)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(MXML REQUIRED IMPORTED_TARGET mxml)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
find_program(PROTOC protoc REQUIRED)
find_program(PROTOC_GEN_C protoc-gen-c REQUIRED)

option(RIPCORD_CRITERION "build the unit tests (Criterion can't run under the thread sanitizer)" ON)
option(RIPCORD_FUZZ "build the fuzzers (clang)" OFF)
if(BUILD_TESTING AND RIPCORD_CRITERION)
    pkg_check_modules(CRITERION REQUIRED IMPORTED_TARGET criterion)
    pkg_check_modules(LIBXML REQUIRED IMPORTED_TARGET libxml-2.0) # reads our JUnit back
endif()

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)

# For any x86-64, but not tuned for the oldest: those clear a struct word by word.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    add_compile_options(-mtune=skylake)
endif()

# GCC lays a program out by what it was seen to do; cmake/fast says "write" first, and then "read".
set(RIPCORD_PROFILE "" CACHE STRING "write: programs leave a profile when they end; read: they are built by it")
if(RIPCORD_PROFILE)
    if(NOT CMAKE_C_COMPILER_ID STREQUAL "GNU")
        message(FATAL_ERROR "RIPCORD_PROFILE needs GCC, not ${CMAKE_C_COMPILER_ID}; leave it empty, or set CC=gcc")
    endif()
    set(profile ${PROJECT_BINARY_DIR}/profile)
    if(RIPCORD_PROFILE STREQUAL "write")
        add_compile_options(-fprofile-generate=${profile} -fprofile-update=prefer-atomic)
        add_link_options(-fprofile-generate=${profile})
    else()
        add_compile_options(-fprofile-use=${profile} -fprofile-partial-training -Wno-missing-profile)
    endif()
endif()

# Asserts stay on in every build: a tester that goes on in a wrong state is worthless.
foreach(type RELEASE RELWITHDEBINFO MINSIZEREL)
    string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_${type} "${CMAKE_C_FLAGS_${type}}")
endforeach()

set(RIPCORD_WARNINGS
    -Wall -Wextra -Wpedantic -Wshadow -Wundef -Wvla -Wwrite-strings -Wcast-qual
    -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum)

# A room's code: every warning, and the sources' root as the one include folder.
function(ripcord_library name)
    add_library(${name} STATIC ${ARGN})
    target_compile_definitions(${name} PUBLIC _DEFAULT_SOURCE)
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_compile_options(${name} PRIVATE ${RIPCORD_WARNINGS} -Wconversion -Wsign-conversion)
endfunction()

# A Criterion test beside its source: tests/rooms/foo_test.c is known to ctest as tests.rooms.foo_test.
function(ripcord_test source)
    if(NOT BUILD_TESTING OR NOT RIPCORD_CRITERION)
        return()
    endif()
    file(RELATIVE_PATH name ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${source})
    string(REPLACE "/" "." name ${name})
    add_executable(${name} ${source}.c)
    target_compile_options(${name} PRIVATE ${RIPCORD_WARNINGS})
    target_link_libraries(${name} PRIVATE ${ARGN} PkgConfig::CRITERION)
    add_test(NAME ${name} COMMAND ${name})
endfunction()

# C from .proto files, in a library of its own and without our warnings.  It is
# included as "<folder>/<file>.pb-c.h" from the sources' root.
function(ripcord_proto name)
    set(sources)
    foreach(file ${ARGN})
        get_filename_component(folder ${file} DIRECTORY)
        get_filename_component(base ${file} NAME_WE)
        file(RELATIVE_PATH room ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${folder})
        set(out ${PROJECT_BINARY_DIR}/generated)
        file(MAKE_DIRECTORY ${out}/${room})
        add_custom_command(
            OUTPUT ${out}/${room}/${base}.pb-c.c ${out}/${room}/${base}.pb-c.h
            COMMAND ${PROTOC} --plugin=${PROTOC_GEN_C} --proto_path=${PROJECT_SOURCE_DIR}
                    --c_out=${out} ${room}/${base}.proto
            WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
            DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file}
            VERBATIM)
        list(APPEND sources ${out}/${room}/${base}.pb-c.c)
    endforeach()
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC ${out})
    target_link_libraries(${name} PUBLIC PkgConfig::PROTOBUF_C)
endfunction()

# A libFuzzer program for one decoder.
function(ripcord_fuzz name)
    if(RIPCORD_FUZZ)
        add_executable(${name} ${name}.c)
        target_link_libraries(${name} PRIVATE ${ARGN})
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    endif()
endfunction()
