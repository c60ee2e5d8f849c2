# Completion of bswz, unbswz and bswzcat for fish.

for command in bswz unbswz bswzcat
    complete -c $command -s z -l compress -d 'Compress (the default)'
    complete -c $command -s d -l decompress -d Restore
    complete -c $command -l uncompress -d Restore
    complete -c $command -s t -l test -d 'Check that everything can be restored'
    complete -c $command -s l -l list -d 'Show what is inside'
    complete -c $command -s c -l stdout -d 'Write to standard output'
    complete -c $command -l to-stdout -d 'Write to standard output'
    complete -c $command -s o -l output -r -F -d 'Write to this file'
    complete -c $command -s k -l keep -d 'Keep the source files (the default)'
    complete -c $command -l rm -d 'Remove a source file once its result is complete'
    complete -c $command -s f -l force -d 'Overwrite, follow links, use a terminal'
    complete -c $command -s S -l suffix -x -d 'Use this suffix'
    complete -c $command -s 1 -l fast -d 'The fastest level'
    complete -c $command -s 9 -l best -d 'The level with the smallest results'
    complete -c $command -s T -l threads -x -d 'Number of threads'
    complete -c $command -s M -l memlimit -x -d 'Memory that a picture may take'
    complete -c $command -l raw -x -d 'Raw samples of this shape (WxHxC)'
    complete -c $command -l to -x -a 'png ppm pam raw webp' -d 'Write pictures in this format'
    complete -c $command -l scale -x -a '1/2 1/4 1/8 1/16' -d 'Write every 2nd, 4th ... row and column of pictures'
    complete -c $command -l rescue -d 'Restore what can be of damaged or cut off files'
    complete -c $command -l exact -d 'Restore a single picture as the same bytes, too'
    complete -c $command -l pixels -d 'Code the pixels of JPEG and lossy WebP'
    complete -c $command -l no-origin -d 'Code RGB as RGB'
    complete -c $command -l model -r -F -a 'fast default best' -d 'Use this model'
    complete -c $command -l compare -d 'Compare sizes and times with other programs'
    complete -c $command -l verify -d 'Restore the whole file while compressing, and compare'
    complete -c $command -l no-verify -d 'Do not check each part before it is written'
    complete -c $command -s q -l quiet -d 'No warnings'
    complete -c $command -s v -l verbose -d 'Say what was done with each part'
    complete -c $command -l progress -d 'Tell how far long work is'
    complete -c $command -l no-progress -d 'Never tell how far it is'
    complete -c $command -l robot -d 'Columns for programs, of the list or the comparison'
    complete -c $command -s h -l help -d 'Summary of the options'
    complete -c $command -s V -l version -d Version
    complete -c $command -s L -l license -d Licence
end
