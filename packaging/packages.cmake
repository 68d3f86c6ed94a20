# SPDX-License-Identifier: MIT
# cpack makes a .deb (initramfs-tools and dracut) and a .rpm (dracut); `cpack -G DEB` one of them.
set(CPACK_GENERATOR "DEB;RPM")
set(CPACK_PACKAGE_NAME vfio-early)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "the vfio-early authors <vfio-early@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "bind PCI devices to vfio-pci before host drivers touch them")
set(CPACK_PACKAGE_DESCRIPTION
    "PCI devices that are given to virtual machines have to be on vfio-pci before
a host driver touches them, and their whole IOMMU group has to be isolated.
One small static program in the initramfs reads /etc/vfio-early.ini, checks
that each device's group is isolated, binds the device to vfio-pci first, and
never stops a boot. Run on the live machine, it says beforehand what the next
boot will do.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)
set(CPACK_STRIP_FILES OFF) # the linker has done it
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/packaging/components.cmake)

# kmod: modprobe loads vfio-pci. Nothing else is needed at run time.
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_DEPENDS kmod)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "initramfs-tools | dracut")
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${PROJECT_SOURCE_DIR}/packaging/debian/conffiles
    ${PROJECT_SOURCE_DIR}/packaging/debian/postinst
    ${PROJECT_SOURCE_DIR}/packaging/debian/postrm
    ${PROJECT_SOURCE_DIR}/packaging/debian/prerm
    ${PROJECT_SOURCE_DIR}/packaging/debian/triggers)
set(CPACK_DEB_COMPONENT_INSTALL ON)

configure_file(packaging/debian/changelog.in debian-changelog @ONLY)
execute_process(
    COMMAND gzip -9nc ${PROJECT_BINARY_DIR}/debian-changelog OUTPUT_FILE ${PROJECT_BINARY_DIR}/changelog.gz)
install(FILES ${PROJECT_BINARY_DIR}/changelog.gz packaging/debian/copyright
    DESTINATION share/doc/vfio-early COMPONENT deb EXCLUDE_FROM_ALL)
install(FILES packaging/debian/lintian-overrides
    DESTINATION share/lintian/overrides RENAME vfio-early COMPONENT deb EXCLUDE_FROM_ALL)

install(FILES completions/_vfio-early DESTINATION ${debian_zsh_completions} COMPONENT deb EXCLUDE_FROM_ALL)

set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_COMPONENT_INSTALL ON)
set(CPACK_RPM_PACKAGE_SUMMARY "Bind PCI devices to vfio-pci before host drivers touch them")
set(CPACK_RPM_PACKAGE_DESCRIPTION "${CPACK_PACKAGE_DESCRIPTION}")
set(CPACK_RPM_PACKAGE_LICENSE MIT)
set(CPACK_RPM_PACKAGE_RELOCATABLE OFF)
set(CPACK_RPM_PACKAGE_GROUP System/Boot)
set(CPACK_RPM_PACKAGE_REQUIRES kmod)
set(CPACK_RPM_PACKAGE_AUTOREQPROV OFF)
# rpm has no purge: the facts, which an image made, go when the package does.
set(CPACK_RPM_USER_FILELIST
    "%config(noreplace) /etc/vfio-early.ini" "%ghost %attr(0644,root,root) /etc/vfio-early.facts")
# Directories that other packages own.
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION
    /etc /usr/sbin /usr/lib/systemd /usr/lib/systemd/system /usr/lib/dracut /usr/lib/dracut/modules.d /usr/share/man /usr/share/man/man5 /usr/share/man/man8
    /usr/share/bash-completion /usr/share/bash-completion/completions /usr/share/zsh /usr/share/zsh/site-functions
    /usr/share/licenses)
set(CPACK_RPM_POST_INSTALL_SCRIPT_FILE ${PROJECT_SOURCE_DIR}/packaging/rpm/post)
set(CPACK_RPM_PRE_UNINSTALL_SCRIPT_FILE ${PROJECT_SOURCE_DIR}/packaging/rpm/preun)
set(CPACK_RPM_POST_UNINSTALL_SCRIPT_FILE ${PROJECT_SOURCE_DIR}/packaging/rpm/postun)
configure_file(packaging/rpm/changelog.in rpm-changelog @ONLY)
set(CPACK_RPM_CHANGELOG_FILE ${PROJECT_BINARY_DIR}/rpm-changelog)
install(FILES completions/_vfio-early DESTINATION ${other_zsh_completions} COMPONENT rpm EXCLUDE_FROM_ALL)
install(FILES LICENSE DESTINATION share/licenses/vfio-early COMPONENT rpm EXCLUDE_FROM_ALL)

include(CPack)
