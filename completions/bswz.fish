# SPDX-License-Identifier: MIT
# Completion of bswz, unbswz and bswzcat for fish.

# Decompressing, testing and listing need .bsw files.
function __bswz_restores
    commandline -opc | string match -q -r '^(.*unbswz|-[a-zA-Z0-9]*[dtl].*|--(decompress|uncompress|test|list|map))$'
end

function __bswz_streams
    for file in (commandline -ct)*.bsw (commandline -ct)*/
        echo $file
    end
end

for command in bswz unbswz bswzcat
    complete -c $command -s z -l compress -d 'Compress (the default)'
    complete -c $command -s d -l decompress -d Decompress
    complete -c $command -l uncompress -d Decompress
    complete -c $command -s t -l test -d 'Check that everything can be restored'
    complete -c $command -s l -l list -d 'List the contents'
    complete -c $command -s c -l stdout -d 'Write to standard output'
    complete -c $command -l to-stdout -d 'Write to standard output'
    complete -c $command -s o -l output -r -F -d 'Write to this file'
    complete -c $command -l output-dir -x -a '(__fish_complete_directories)' -d 'Write to files below this directory'
    complete -c $command -s r -l recursive -d 'Work on all files in directories and below'
    complete -c $command -l include -x -a 'pictures png jpeg webp gif bmp tiff dicom fits pnm' -d 'With -r, only these files'
    complete -c $command -l exclude -x -a 'pictures png jpeg webp gif bmp tiff dicom fits pnm' -d 'With -r, not these files'
    complete -c $command -l files -d 'Read names of files from a list'
    complete -c $command -l files0 -d 'The same, with null characters after the names'
    complete -c $command -l skip-existing -d 'Skip files whose result exists'
    complete -c $command -s k -l keep -d 'Keep the source files (the default)'
    complete -c $command -l rm -d 'Remove each source file once its result is complete'
    complete -c $command -s f -l force -d 'Overwrite files, follow links, use a terminal'
    complete -c $command -s S -l suffix -x -d 'Use this suffix'
    complete -c $command -s 1 -l fast -d 'The fastest level'
    complete -c $command -s 9 -l best -d 'The level with the smallest results'
    complete -c $command -l level -x -a '1 2 3 4 5 6 7 8 9' -d 'Compression level'
    complete -c $command -s T -l threads -x -d 'Number of threads'
    complete -c $command -s M -l memlimit -x -d 'Limit the memory for a picture'
    complete -c $command -l raw -x -d 'The input is raw samples of this shape (WxHxC)'
    complete -c $command -l to -x -a 'png ppm pam raw webp' -d 'Write pictures in this format'
    complete -c $command -l scale -x -a '1/2 1/4 1/8 1/16' -d 'Write only every Nth row and column of pictures'
    complete -c $command -l rescue -d 'Restore what can be restored of damaged or truncated files'
    complete -c $command -l exact -d 'Restore a single picture, too, as the same bytes'
    complete -c $command -l pixels -d 'Code the pixels of JPEG and lossy WebP files'
    complete -c $command -l no-origin -d 'Code RGB as RGB'
    complete -c $command -l model -r -F -a 'fast default best' -d 'Use this model'
    complete -c $command -l map -d 'Draw where in a picture the bits go'
    complete -c $command -l compare -d 'Compare sizes and times with other programs'
    complete -c $command -l verify -d 'Decode the whole file while compressing, and compare'
    complete -c $command -l no-verify -d 'Do not check each part before it is written'
    complete -c $command -s q -l quiet -d 'Suppress warnings'
    complete -c $command -s v -l verbose -d 'Report how each part was coded'
    complete -c $command -l progress -d 'Show progress, even as a filter'
    complete -c $command -l no-progress -d 'Never show progress'
    complete -c $command -l robot -d 'Print tab-separated columns for scripts'
    complete -c $command -l json -d 'With -l, print JSON'
    complete -c $command -s n -l no-name -d 'Ignored, for compatibility with gzip'
    complete -c $command -s N -l name -d 'Ignored, for compatibility with gzip'
    complete -c $command -f -n __bswz_restores -a '(__bswz_streams)'
    complete -c $command -s h -l help -d 'Show a summary of the options'
    complete -c $command -s V -l version -d 'Show the version'
    complete -c $command -s L -l license -d 'Show the licence'
end
