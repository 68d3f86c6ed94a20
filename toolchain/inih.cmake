# SPDX-License-Identifier: MIT
# Defines the library `inih`: the distribution's, static but for VFIO_EARLY_DISTRO, or INIH_SOURCE_DIR compiled here.

# In the static binary every function of the C library counts. inih is one object: its functions that open files, its
# assertions and its buffers on the heap, none of which are used here, would bring stdio and malloc with them. What a weak
# reference names is not taken from the C library, and a call would crash at address 0. fopen64 is what a library that was
# compiled against glibc asks for; musl 1.2.4 and later do not offer it to the linker. Nothing here unwinds a stack.
set(weaken ${CMAKE_OBJCOPY} --remove-section=.eh_frame)
foreach(function fopen fopen64 fgets ferror fclose __assert_fail malloc realloc free)
    list(APPEND weaken --weaken-symbol=${function})
endforeach()

if(INIH_SOURCE_DIR)
    enable_language(C)
    add_library(inih STATIC ${INIH_SOURCE_DIR}/ini.c)
    target_include_directories(inih SYSTEM PUBLIC ${INIH_SOURCE_DIR})
    if(CMAKE_TOOLCHAIN_FILE)
        # objcopy does not see the references of objects for link-time optimisation, nor does the archiver for C.
        set_target_properties(inih PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
        add_custom_command(TARGET inih POST_BUILD COMMAND ${weaken} $<TARGET_FILE:inih>)
    endif()
else()
    set(library libinih.a)
    if(VFIO_EARLY_DISTRO)
        set(library libinih.so)
    endif()
    find_library(INIH_LIBRARY NAMES ${library} PATHS /usr/lib/${multiarch} REQUIRED)
    find_file(INIH_HEADER ini.h PATHS /usr/include REQUIRED)
    # A directory with this one header: with /usr/include itself on the path, glibc's headers would shadow musl's.
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/inih)
    file(CREATE_LINK ${INIH_HEADER} ${CMAKE_BINARY_DIR}/inih/ini.h SYMBOLIC)
    add_library(inih UNKNOWN IMPORTED)
    set_target_properties(inih PROPERTIES
        IMPORTED_LOCATION ${INIH_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${CMAKE_BINARY_DIR}/inih)
    if(CMAKE_TOOLCHAIN_FILE)
        execute_process(
            COMMAND ${weaken} ${INIH_LIBRARY} ${CMAKE_BINARY_DIR}/inih/libinih.a COMMAND_ERROR_IS_FATAL ANY)
        set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${INIH_LIBRARY})
        set_target_properties(inih PROPERTIES IMPORTED_LOCATION ${CMAKE_BINARY_DIR}/inih/libinih.a)
    endif()
endif()
