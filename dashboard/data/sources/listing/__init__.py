"""How servers list what they have.

`tree` walks folders, `index_page` reads HTML, `xml_tree` the XML of WebDAV and S3; `s3_signature` signs
requests to S3.
"""
