# Defines the library `inih`: the distribution's static library, or INIH_SOURCE_DIR compiled here.

if(INIH_SOURCE_DIR)
    enable_language(C)
    add_library(inih STATIC ${INIH_SOURCE_DIR}/ini.c)
    target_include_directories(inih SYSTEM PUBLIC ${INIH_SOURCE_DIR})
else()
    find_library(INIH_LIBRARY NAMES libinih.a PATHS /usr/lib/${multiarch} REQUIRED)
    find_file(INIH_HEADER ini.h PATHS /usr/include REQUIRED)
    # A directory with this one header: with /usr/include itself on the path, glibc's headers would shadow musl's.
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/inih)
    file(CREATE_LINK ${INIH_HEADER} ${CMAKE_BINARY_DIR}/inih/ini.h SYMBOLIC)
    add_library(inih STATIC IMPORTED)
    set_target_properties(inih PROPERTIES
        IMPORTED_LOCATION ${INIH_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${CMAKE_BINARY_DIR}/inih)
    if(CMAKE_TOOLCHAIN_FILE)
        # The library was compiled against glibc and asks for fopen64, which musl 1.2.4 and later do not offer to the linker.
        set_target_properties(inih PROPERTIES INTERFACE_LINK_OPTIONS "-Wl,--defsym=fopen64=fopen")
    endif()
endif()
