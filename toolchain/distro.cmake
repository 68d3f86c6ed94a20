# SPDX-License-Identifier: MIT
# How a distribution builds what it packages: its shared libraries, position-independent, its hardening flags.

set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

# hardening_flags(VARIABLE KIND FLAG...): what dpkg-buildflags says, or where there is none, these
function(hardening_flags variable kind)
    execute_process(
        COMMAND ${CMAKE_COMMAND} -E env DEB_BUILD_MAINT_OPTIONS=hardening=+all dpkg-buildflags --get ${kind}
        OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE status ERROR_QUIET)
    separate_arguments(flags UNIX_COMMAND "${flags}")
    if(NOT status EQUAL 0)
        set(flags ${ARGN})
    endif()
    set(${variable} ${flags} PARENT_SCOPE)
endfunction()

# Whoever builds a package gives flags of their own in CXXFLAGS and LDFLAGS.
if(NOT CMAKE_CXX_FLAGS)
    hardening_flags(compile_flags CXXFLAGS -g -O2 -fstack-protector-strong -fstack-clash-protection)
    hardening_flags(preprocess_flags CPPFLAGS -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
    hardening_flags(link_flags LDFLAGS -Wl,-z,relro -Wl,-z,now)
    target_compile_options(project_options INTERFACE ${compile_flags} ${preprocess_flags})
    target_link_options(project_options INTERFACE ${link_flags})
endif()

# Nothing of the C++ library is used, and what is not linked need not be in the initramfs.
target_link_options(project_options INTERFACE -Wl,--as-needed)
