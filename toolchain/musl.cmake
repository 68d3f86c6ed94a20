# SPDX-License-Identifier: MIT
# Static C++ on musl, with Debian's own packages.
#
# Debian has musl and a C compiler wrapper for it (musl-tools), and no C++ standard library built on musl. The
# headers of the host's libstdc++ work all the same, as long as nothing is linked from that library: everything
# used here is in the headers (string_view, span, array, optional, algorithm). What would need the library
# (exceptions, RTTI, iostream, std::string, new) does not link, which is how it is kept out.

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER musl-gcc)
# The wrapper chooses the language by the file's suffix and never adds libstdc++.
set(CMAKE_CXX_COMPILER musl-gcc)

# The wrapper passes -nostdinc, so the compiler has to be asked where its C++ headers are.
execute_process(
    COMMAND gcc -dumpversion OUTPUT_VARIABLE gcc_version OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
execute_process(
    COMMAND gcc -print-multiarch OUTPUT_VARIABLE multiarch OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)

# __GLIBC_PREREQ: libstdc++'s os_defines.h asks it without having been given a C library's features.h that defines it.
string(CONCAT CMAKE_CXX_FLAGS_INIT
    "-D'__GLIBC_PREREQ(a,b)=0'"
    " -isystem /usr/include/c++/${gcc_version}"
    " -isystem /usr/include/${multiarch}/c++/${gcc_version}"
    # linux/*.h and asm/*.h, which musl does not bring; behind all others, so that no header of glibc gets in.
    " -idirafter /usr/include/${multiarch}"
    " -idirafter /usr/include")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static")

# Link-time optimisation needs the archiver that understands its objects.
find_program(CMAKE_CXX_COMPILER_AR gcc-ar REQUIRED)
find_program(CMAKE_CXX_COMPILER_RANLIB gcc-ranlib REQUIRED)
