# Defines the library `inih`: the distribution's, static but for VFIO_EARLY_DISTRO, or INIH_SOURCE_DIR compiled here.

if(INIH_SOURCE_DIR)
    enable_language(C)
    add_library(inih STATIC ${INIH_SOURCE_DIR}/ini.c)
    target_include_directories(inih SYSTEM PUBLIC ${INIH_SOURCE_DIR})
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
        # The library is one object: its functions that open files and its buffers on the heap, neither of which is used
        # here, would bring stdio and malloc with them. What a weak reference names is not taken from the C library, and a
        # call would crash at address 0. Compiled against glibc, it also asks for fopen64, which musl 1.2.4 and later do
        # not offer to the linker.
        execute_process(
            COMMAND ${CMAKE_OBJCOPY} -W fopen -W fopen64 -W fgets -W fclose -W malloc -W realloc -W free
                ${INIH_LIBRARY} ${CMAKE_BINARY_DIR}/inih/libinih.a
            COMMAND_ERROR_IS_FATAL ANY)
        set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${INIH_LIBRARY})
        set_target_properties(inih PROPERTIES IMPORTED_LOCATION ${CMAKE_BINARY_DIR}/inih/libinih.a)
    endif()
endif()
