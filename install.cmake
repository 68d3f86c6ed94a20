# SPDX-License-Identifier: MIT
# What goes where, below /usr: the initramfs tools look there and in /etc and nowhere else. The presets set that prefix.
set(dracut_module lib/dracut/modules.d/50vfio-early)

install(TARGETS vfio-early DESTINATION sbin COMPONENT program)
foreach(page vfio-early.8 vfio-early.ini.5)
    string(REGEX MATCH "[0-9]$" section ${page})
    execute_process(
        COMMAND gzip -9nc ${PROJECT_SOURCE_DIR}/docs/${page} OUTPUT_FILE ${PROJECT_BINARY_DIR}/${page}.gz)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS docs/${page})
    install(FILES ${PROJECT_BINARY_DIR}/${page}.gz DESTINATION share/man/man${section} COMPONENT program)
endforeach()
install(FILES completions/vfio-early.bash
    DESTINATION share/bash-completion/completions RENAME vfio-early COMPONENT program)
# Debian's zsh has a directory of its own for what packages install; on Fedora and Arch Linux it is where zsh's own
# default is. The packages name theirs, as both kinds are made on one machine.
set(debian_zsh_completions share/zsh/vendor-completions)
set(other_zsh_completions share/zsh/site-functions)
if(EXISTS /etc/debian_version)
    set(zsh_completions ${debian_zsh_completions})
else()
    set(zsh_completions ${other_zsh_completions})
endif()
set(VFIO_EARLY_ZSH_COMPLETIONS ${zsh_completions} CACHE STRING "Where the system's zsh looks for completions")
install(FILES completions/_vfio-early DESTINATION ${VFIO_EARLY_ZSH_COMPLETIONS} COMPONENT zsh)
# A configuration that is there belongs to its user.
install(CODE "
    if(EXISTS \"\$ENV{DESTDIR}/etc/vfio-early.ini\")
        message(STATUS \"Kept: \$ENV{DESTDIR}/etc/vfio-early.ini\")
    else()
        file(INSTALL DESTINATION /etc TYPE FILE FILES \"${PROJECT_SOURCE_DIR}/etc/vfio-early.ini\")
    endif()" COMPONENT program)

install(PROGRAMS hooks/initramfs-tools/hooks/vfio-early
    DESTINATION share/initramfs-tools/hooks COMPONENT initramfs-tools)
install(PROGRAMS hooks/initramfs-tools/scripts/init-top/00-vfio-early
    DESTINATION share/initramfs-tools/scripts/init-top COMPONENT initramfs-tools)

install(PROGRAMS hooks/dracut/50vfio-early/module-setup.sh hooks/dracut/50vfio-early/vfio-early.sh
    DESTINATION ${dracut_module} COMPONENT dracut)
install(FILES hooks/dracut/50vfio-early/vfio-early.service DESTINATION ${dracut_module} COMPONENT dracut)

# Only when asked for by name: cmake --install build/release --component mkinitcpio
install(FILES hooks/mkinitcpio/install/vfio-early
    DESTINATION lib/initcpio/install COMPONENT mkinitcpio EXCLUDE_FROM_ALL)
install(FILES hooks/mkinitcpio/hooks/vfio-early
    DESTINATION lib/initcpio/hooks COMPONENT mkinitcpio EXCLUDE_FROM_ALL)
install(FILES hooks/dracut/50vfio-early/vfio-early.service
    DESTINATION lib/initcpio COMPONENT mkinitcpio EXCLUDE_FROM_ALL)

# Nothing is enabled by being installed: a link in /etc/libvirt/hooks/qemu.d does that, or a guest's `hookscript`.
install(FILES hooks/guest.sh DESTINATION share/vfio-early COMPONENT guests)
foreach(host libvirt proxmox)
    install(PROGRAMS hooks/${host}/vfio-early DESTINATION share/vfio-early/${host} COMPONENT guests)
endforeach()
